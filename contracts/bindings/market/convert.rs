//! The core's request, receipt header and job terms, and the markets' bindings of them, are the same structs; this converts
//! between them.

use nonos_core::request::{FeeShare, LockAuthorization};
use nonos_core::{batch, opinion, receipt, request};

use crate::abi::{ProofMarket, VerificationMarket};

// The patterns name every member, so a member added on one side only does not compile.
macro_rules! convert {
    ($from:ty => $to:ty { $($field:ident),* $(,)? }) => {
        impl From<&$from> for $to {
            fn from(value: &$from) -> Self {
                type From = $from;
                let From { $($field),* } = value.clone();
                Self { $($field: Same::same($field)),* }
            }
        }
    };
    (both $core:ty, $binding:ty { $($field:ident),* $(,)? }) => {
        convert!($core => $binding { $($field),* });
        convert!($binding => $core { $($field),* });
    };
}

/// A member as it is on the other side: itself, or the converted offer.
trait Same<T> {
    fn same(self) -> T;
}

impl<T> Same<T> for T {
    fn same(self) -> T {
        self
    }
}

impl Same<ProofMarket::Offer> for request::Offer {
    fn same(self) -> ProofMarket::Offer {
        (&self).into()
    }
}

impl Same<request::Offer> for ProofMarket::Offer {
    fn same(self) -> request::Offer {
        (&self).into()
    }
}

convert!(both request::Offer, ProofMarket::Offer {
    minPrice, maxPrice, rampStart, rampLength, lockTimeout, timeout,
});

convert!(both request::ProofRequest, ProofMarket::ProofRequest {
    requester, salt, anchor, verifierKey, publisherId, capsuleLeaf, inputHash, inputLocatorHash, earliestLaunch, assurance,
    minTrust, operatorId, paymentToken, offer, baseCollateral, relayFee, maxProtocolFeeBps, feeSharesHash, callback,
    callbackGas,
});

convert!(receipt::ReceiptHeader => ProofMarket::ReceiptHeader {
    schema, verifierKey, flags, capsuleTag, catalogRoot, operatorTag, operatorRoot, installRoot, stateTag, nullifier,
    executionKey, onionNetwork, onionKey, launchedAt, notBeforeBlock, notBeforeHash, requestId, payee, inputHash,
    outputHash, disclosures,
});

impl From<&LockAuthorization> for ProofMarket::LockAuthorization {
    fn from(a: &LockAuthorization) -> Self {
        Self {
            requestId: a.requestId,
            locker: a.locker,
            operatorId: a.operatorId,
            minPrice: a.minPrice,
            maxCollateral: a.maxCollateral,
            deadline: a.deadline,
            nonce: a.nonce,
        }
    }
}

/// Fee shares as the contract takes them.
pub fn shares(shares: &[FeeShare]) -> Vec<ProofMarket::FeeShare> {
    shares.iter().map(|share| ProofMarket::FeeShare { recipient: share.recipient, bps: share.bps }).collect()
}

convert!(both opinion::Terms, VerificationMarket::Terms { quorum, maxFee, stake, biddingEnd, attestDeadline });

convert!(batch::BatchRef => VerificationMarket::BatchRef { relayer, root, size, dataCommitment });
