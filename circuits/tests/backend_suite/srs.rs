//! SRS: the developer's is the same everywhere, ceremony files import, and proofs under them verify.

use std::{env, fs, path::Path, process::Command};

use alloy_primitives::b256;
use halo2_proofs::poly::commitment::{Params, ParamsProver};
use halo2curves::{
    bn256::{Bn256, Fr, G1Affine},
    ff::Field,
    group::Curve,
    pairing::Engine,
};
use nonos_circuits::backend::{Srs, SrsError, VerifyError, srs::Origin};

use crate::{
    circuits::{self, MULTIPLY_K, Setup},
    ptau_file::{CONTRIBUTED, PHASE2, Ptau},
};

#[test]
fn developer_srs_is_pinned() {
    let four = b256!("0x4f640e8c9b8c1ada46dcdc29eac49e456d21e0e479fb82c37bcce800ae12c09f");
    let ten = b256!("0xcd60ada5be3a0e991f44b60736e22e302213fe57a0fc76970032d0b068b4da6e");
    assert_eq!(Srs::developer(4).unwrap().hash(), four);
    assert_eq!(Srs::developer(10).unwrap().hash(), ten);
}

#[test]
fn developer_srs_is_well_formed_and_nested() {
    let srs = Srs::developer(5).unwrap();
    assert_eq!((srs.k(), srs.origin(), srs.is_developer()), (5, Origin::Developer, true));
    let smaller = srs.downsize(4).unwrap();
    assert_eq!(smaller.hash(), Srs::developer(4).unwrap().hash());
    // Reading it back runs every check on the powers and the Lagrange basis.
    let mut file = vec![];
    smaller.params().write(&mut file).unwrap();
    let read = Srs::from_halo2(file.as_slice()).unwrap();
    assert_eq!(read.hash(), smaller.hash());
    assert!(read.is_developer(), "recognised whatever file it comes from");
    assert!(matches!(read.origin(), Origin::Halo2 { power: 4, .. }));
    // Independently: the first power and tau in G2 match.
    let (g, params) = (srs.params().get_g(), srs.params());
    let left = Bn256::pairing(&g[1], &params.g2());
    assert_eq!(left, Bn256::pairing(&G1Affine::generator(), &params.s_g2()));
}

#[test]
fn sizes_out_of_range() {
    for k in [0, 29, u32::MAX] {
        assert!(matches!(Srs::developer(k).unwrap_err(), SrsError::BadK { k: got } if got == k));
        let error = Srs::from_ptau(CONTRIBUTED, k).unwrap_err();
        assert!(matches!(error, SrsError::BadK { k: got } if got == k));
    }
    let error = Srs::developer(4).unwrap().downsize(5).unwrap_err();
    assert!(matches!(error, SrsError::PowerTooSmall { power: 4, k: 5 }));
}

#[test]
fn ceremony_file_imports_and_proves() {
    let srs = Srs::from_ptau(CONTRIBUTED, MULTIPLY_K).unwrap();
    assert!(!srs.is_developer());
    let Origin::Ptau { power: 4, blake2b } = srs.origin() else { panic!("{:?}", srs.origin()) };
    // As `b2sum` prints it.
    assert_eq!(
        hex::encode(blake2b),
        "364db4180518867347597ae98f72735f33f93d7242e0cb88a535775df81c2f3d\
         66cd0df96264f3d5491fd0b28b7ec2159d8c07e32e3c505f681dcb6f1c734871"
    );
    let setup = Setup::with_srs(srs, circuits::multiply);
    assert!(!setup.verifier.is_developer());
    let (proof, instances) = setup.prove(3);
    assert_eq!(setup.verifier.verify(&proof, &instances), Ok(()));
    // The developer's key is for another tau, and neither accepts the other's proof.
    let developer = Setup::new(MULTIPLY_K, circuits::multiply);
    assert_ne!(developer.verifier.key(), setup.verifier.key());
    assert_eq!(developer.verifier.verify(&proof, &instances), Err(VerifyError::Rejected));
    let (proof, instances) = developer.prove(3);
    assert_eq!(setup.verifier.verify(&proof, &instances), Err(VerifyError::Rejected));
}

#[test]
fn formats_and_sizes_give_the_same_srs() {
    let unprepared = Ptau::parse(PHASE2).unprepared().bytes();
    let srs = Srs::from_ptau(unprepared.as_slice(), 6).unwrap();
    let prepared = Srs::from_ptau(PHASE2, 6).unwrap();
    assert_eq!(prepared.hash(), srs.hash());
    assert_ne!(prepared.origin(), srs.origin());
    let small = Srs::from_ptau(PHASE2, 3).unwrap();
    assert_eq!(small.hash(), srs.downsize(3).unwrap().hash());
    let mut file = vec![];
    srs.write_halo2(&mut file).unwrap();
    assert_eq!(file.len(), 128 * 64 + 260);
    assert_eq!(Srs::from_halo2(file.as_slice()).unwrap().hash(), srs.hash());
}

/// The Lagrange basis that snarkjs prepared, which is taken over, is the one that is computed without it.
#[test]
fn lagrange_basis_agrees_with_snarkjs() {
    let written = |file: &[u8], k| {
        let mut out = vec![];
        Srs::from_ptau(file, k).unwrap().write_halo2(&mut out).unwrap();
        out
    };
    let unprepared = Ptau::parse(PHASE2).unprepared().bytes();
    // Files that were prepared long ago have one basis less.
    let mut old = Ptau::parse(PHASE2);
    old.section(12).truncate(127 * 64);
    let old = old.bytes();
    for k in 1..=6 {
        let computed = written(&unprepared, k);
        assert_eq!(written(PHASE2, k), computed, "k = {k}");
        assert_eq!(written(&old, k), computed, "k = {k}");
    }
}

#[test]
fn imported_powers_are_powers() {
    let tau = Fr::from(123_456_789).square();
    let srs = Srs::from_ptau(Ptau::with_tau(3, tau).bytes().as_slice(), 3).unwrap();
    let mut power = Fr::ONE;
    for point in srs.params().get_g() {
        assert_eq!(*point, (G1Affine::generator() * power).to_affine());
        power *= tau;
    }
}

/// Makes a new file with snarkjs and imports it, where snarkjs is at hand.
#[test]
fn fresh_snarkjs_file() {
    let Ok(folder) = env::var("NONOS_SNARKJS") else { return };
    let cli = Path::new(&folder).join("node_modules/snarkjs/build/cli.cjs");
    let work = env::temp_dir().join(format!("nonos-ptau-{}", std::process::id()));
    fs::create_dir_all(&work).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new("node");
        command.arg(&cli).arg("powersoftau").args(arguments).current_dir(&work);
        assert!(command.output().unwrap().status.success(), "{arguments:?}");
    };
    run(&["new", "bn128", "6", "new.ptau"]);
    run(&["contribute", "new.ptau", "contributed.ptau", "--name=test", "-e=test"]);
    run(&["beacon", "contributed.ptau", "beacon.ptau", "0102030405060708", "10"]);
    run(&["prepare", "phase2", "beacon.ptau", "prepared.ptau"]);
    run(&["truncate", "prepared.ptau"]);
    let import = |name: &str, k| Srs::from_ptau(fs::File::open(work.join(name)).unwrap(), k);
    assert!(matches!(import("new.ptau", 6).unwrap_err(), SrsError::Generators(_)));
    assert_eq!(import("contributed.ptau", 6).unwrap().k(), 6);
    let beacon = import("beacon.ptau", 6).unwrap();
    assert_eq!(import("prepared.ptau", 6).unwrap().hash(), beacon.hash());
    assert_eq!(import("prepared_05.ptau", 5).unwrap().hash(), beacon.downsize(5).unwrap().hash());
    fs::remove_dir_all(&work).unwrap();
}
