//! `nonos_core`'s receipt header and the binding's are the same struct; this converts between them.

use nonos_core::receipt::ReceiptHeader as Core;

use crate::abi::ReceiptAnchor::ReceiptHeader as Binding;

macro_rules! convert {
    ($($field:ident),* $(,)?) => {
        impl From<&Core> for Binding {
            fn from(header: &Core) -> Self {
                let Core { $($field),* } = header.clone();
                Self { $($field),* }
            }
        }

        impl From<&Binding> for Core {
            fn from(header: &Binding) -> Self {
                let Binding { $($field),* } = header.clone();
                Self { $($field),* }
            }
        }
    };
}

// Both patterns name every member, so a member added on one side only does not compile.
convert! {
    schema, verifierKey, flags, capsuleTag, catalogRoot, operatorTag, operatorRoot, installRoot, stateTag, nullifier,
    executionKey, onionNetwork, onionKey, launchedAt, notBeforeBlock, notBeforeHash, requestId, payee, inputHash,
    outputHash, disclosures,
}
