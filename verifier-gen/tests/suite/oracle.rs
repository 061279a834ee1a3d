//! snark-verifier's contract for the same key, as an independent opinion on valid proofs.

use std::rc::Rc;

use halo2_proofs::poly::commitment::ParamsProver;
use halo2curves::bn256::{Bn256, Fq, Fr};
use snark_verifier::{
    loader::evm::EvmLoader,
    pcs::kzg::{Bdfg21, KzgAs, LimbsEncoding},
    system::halo2::{Config, compile, transcript::evm::EvmTranscript},
    verifier::{SnarkVerifier, plonk::PlonkVerifier},
};

use crate::{compiler, shapes::Shape};

/// Runtime code of snark-verifier's contract.
pub fn runtime(shape: &Shape) -> Vec<u8> {
    type Plonk = PlonkVerifier<KzgAs<Bn256, Bdfg21>, LimbsEncoding<3, 88>>;
    let params = shape.srs.params();
    let counts = shape.verifier.num_instances().to_vec();
    let config = Config::kzg().with_num_instance(counts.clone());
    let protocol = compile(params, shape.verifier.vk(), config);
    let key = (params.get_g()[0], params.g2(), params.s_g2()).into();
    let loader = EvmLoader::new::<Fq, Fr>();
    let protocol = protocol.loaded(&loader);
    let mut transcript = EvmTranscript::<_, Rc<EvmLoader>, _, _>::new(&loader);
    let instances = transcript.load_instances(counts);
    let proof = Plonk::read_proof(&key, &protocol, &instances, &mut transcript).unwrap();
    Plonk::verify(&key, &protocol, &instances, &proof).unwrap();
    let source = loader.solidity_code().replace("pragma solidity 0.8.19;", "pragma solidity ^0.8.19;");
    compiler::compiled(&source).runtime
}
