//! Contract types and calls, one module per contract, expanded from the artifacts.
//!
//! `uint256` and `bytes32` members are what `nonos_core`'s newtypes hold (`to_u256()`, `.0`); the conversion of receipt
//! headers is a pair of `From` implementations.
#![allow(
    missing_docs,
    reason = "expanded from the ABI; the interfaces in contracts/src/interfaces are the manual"
)]
#![allow(
    clippy::too_many_arguments,
    reason = "constructors and events have as many arguments as their Solidity"
)]

pub mod operators {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        OperatorRegistry,
        "artifacts/OperatorRegistry.json"
    );
}

pub mod capsules {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        CapsuleRegistry,
        "artifacts/CapsuleRegistry.json"
    );
}

pub mod anchor {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        ReceiptAnchor,
        "artifacts/ReceiptAnchor.json"
    );
}

pub mod router {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        VerifierRouter,
        "artifacts/VerifierRouter.json"
    );
}

pub mod verifier {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        LaunchVerifier,
        "artifacts/LaunchVerifier.json"
    );
}

pub mod enrolment_verifier {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        EnrolmentVerifier,
        "artifacts/EnrolmentVerifier.json"
    );
}

pub mod install_verifier {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        InstallVerifier,
        "artifacts/InstallVerifier.json"
    );
}

pub mod market {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        ProofMarket,
        "artifacts/ProofMarket.json"
    );
}

pub mod fees {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        FeeSchedule,
        "artifacts/FeeSchedule.json"
    );
}

pub mod verification {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        VerificationMarket,
        "artifacts/VerificationMarket.json"
    );
}

pub mod validation {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        ValidationView,
        "artifacts/ValidationView.json"
    );
}

pub mod trust {
    alloy::sol!(
        #[sol(rpc, all_derives)]
        TrustScores,
        "artifacts/TrustScores.json"
    );
}

pub use anchor::ReceiptAnchor;
pub use capsules::CapsuleRegistry;
pub use enrolment_verifier::EnrolmentVerifier;
pub use fees::FeeSchedule;
pub use install_verifier::InstallVerifier;
pub use market::ProofMarket;
pub use operators::OperatorRegistry;
pub use router::VerifierRouter;
pub use trust::TrustScores;
pub use validation::ValidationView;
pub use verification::VerificationMarket;
pub use verifier::LaunchVerifier;
