//! A root key on a PKCS#11 token: it is made there, signs there, and never leaves.
//!
//! The token is not touched before something has to be signed: launches need derived keys only, and the PIN is asked for
//! when it is needed. A PIN that was refused is not tried again by the same process, so no service locks a token.

mod error;
mod key;
mod module;
mod point;

pub use error::TokenError;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use age::secrecy::SecretString;
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use nonos_core::signature::verify_ed25519;

use key::Desk;
use module::Token;

/// Signed once when a key is taken into use, to see that both halves belong together; random bytes follow.
const CHECK_DOMAIN: &[u8] = b"nonos1.token-check";

/// How to find a key again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenReference {
    /// The vendor's library, absolute.
    pub module: PathBuf,
    /// The token's label.
    pub token_label: String,
    /// The token's serial number.
    pub serial: String,
    /// CKA_LABEL of the key.
    pub key_label: String,
    /// CKA_ID of the key; empty if it has none.
    pub key_id: Vec<u8>,
}

/// Gives the PIN when it is needed; the error says why there is none.
pub struct PinSource(Box<dyn Fn() -> Result<SecretString, String> + Send + Sync>);

impl PinSource {
    /// Asks `read` whenever a PIN is needed.
    pub fn new(read: impl Fn() -> Result<SecretString, String> + Send + Sync + 'static) -> Self {
        Self(Box::new(read))
    }

    fn read(&self) -> Result<SecretString, String> {
        (self.0)()
    }
}

/// A key that was found or made, to be put into a keystore.
#[derive(Debug, Clone)]
pub struct TokenRootKey {
    /// How to find it again.
    pub reference: TokenReference,
    /// The ed25519 public key.
    pub public: [u8; 32],
    /// Whether it was made just now.
    pub generated: bool,
}

impl TokenRootKey {
    /// Takes the key `key_label` on a token into use, or makes it. Without a label, the module has to have one token only.
    pub fn take(
        module: &Path,
        token_label: Option<&str>,
        key_label: &str,
        pin: &PinSource,
    ) -> Result<Self, TokenError> {
        let module = module.canonicalize().map_err(|_| TokenError::ModuleMissing(module.to_owned()))?;
        let token = Token::find(&module, token_label)?;
        let session = token.log_in(Some(pin), true)?;
        let desk = Desk { session: &session, token: token.label() };
        let (key, generated) = match desk.find(key_label, &[])? {
            Some(key) => (key, false),
            None => {
                let mut id = [0; 16];
                random(&mut id, token.label())?;
                desk.generate(key_label, &id)?;
                let made = desk.find(key_label, &id)?.ok_or_else(|| TokenError::Refused {
                    action: "reading the new key back",
                    token: token.label().to_owned(),
                    reason: "it is not there".to_owned(),
                })?;
                (made, true)
            }
        };
        let mut challenge = [CHECK_DOMAIN, &[0; 32]].concat();
        random(&mut challenge[CHECK_DOMAIN.len()..], token.label())?;
        checked(token.label(), &key.public, &challenge, &desk.sign(key.private, &challenge)?)?;
        let reference = TokenReference {
            module,
            token_label: token.label().to_owned(),
            serial: token.serial().to_owned(),
            key_label: key_label.to_owned(),
            key_id: key.id,
        };
        Ok(Self { reference, public: key.public, generated })
    }
}

/// The signer of a keystore whose root key is on a token.
pub(super) struct TokenRoot {
    reference: TokenReference,
    public: [u8; 32],
    pin: Option<PinSource>,
    state: Mutex<State>,
}

enum State {
    Closed,
    Open(Session, ObjectHandle),
    /// The PIN was refused: not tried again.
    Refused(TokenError),
}

impl TokenRoot {
    pub fn new(reference: TokenReference, public: [u8; 32]) -> Self {
        Self { reference, public, pin: None, state: Mutex::new(State::Closed) }
    }

    pub fn reference(&self) -> &TokenReference {
        &self.reference
    }

    pub fn public(&self) -> [u8; 32] {
        self.public
    }

    pub fn set_pin(&mut self, pin: PinSource) {
        self.pin = Some(pin);
    }

    /// Logs in, if that was not done before.
    pub fn unlock(&self) -> Result<(), TokenError> {
        self.with_open(|_, _| Ok(()))
    }

    pub fn sign(&self, message: &[u8]) -> Result<[u8; 64], TokenError> {
        let signature = self.with_open(|desk, key| desk.sign(key, message))?;
        checked(&self.reference.token_label, &self.public, message, &signature)
    }

    fn with_open<T>(
        &self,
        work: impl FnOnce(&Desk<'_>, ObjectHandle) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Refused(error) = &*state {
            return Err(error.clone());
        }
        if let State::Closed = &*state {
            match self.open() {
                Ok((session, key)) => *state = State::Open(session, key),
                Err(error @ (TokenError::WrongPin { .. } | TokenError::PinLocked(_))) => {
                    *state = State::Refused(error.clone());
                    return Err(error);
                }
                Err(error) => return Err(error),
            }
        }
        let State::Open(session, key) = &*state else { unreachable!("opened above") };
        let done = work(&Desk { session, token: &self.reference.token_label }, *key);
        if done.is_err() {
            // Pulled out, perhaps: the next call starts over.
            *state = State::Closed;
        }
        done
    }

    fn open(&self) -> Result<(Session, ObjectHandle), TokenError> {
        let TokenReference { module, token_label, serial, key_label, key_id } = &self.reference;
        let token = Token::find_again(module, token_label, serial)?;
        let session = token.log_in(self.pin.as_ref(), false)?;
        let desk = Desk { session: &session, token: token_label };
        let Some(key) = desk.find(key_label, key_id)? else {
            let (token, key) = (token_label.clone(), key_label.clone());
            return Err(TokenError::NoKey { token, key, found: desk.labels()? });
        };
        if key.public != self.public {
            return Err(TokenError::OtherKey {
                key: key_label.clone(),
                expected: hex::encode(self.public),
                found: hex::encode(key.public),
            });
        }
        let private = key.private;
        Ok((session, private))
    }
}

/// A signature leaves this module only if it verifies: a token may be broken, or another one.
fn checked(token: &str, public: &[u8; 32], message: &[u8], signature: &[u8]) -> Result<[u8; 64], TokenError> {
    let bad = || TokenError::BadSignature(token.to_owned());
    verify_ed25519("token", public, message, signature).map_err(|_| bad())?;
    signature.try_into().map_err(|_| bad())
}

fn random(bytes: &mut [u8], token: &str) -> Result<(), TokenError> {
    getrandom::fill(bytes).map_err(|error| TokenError::Refused {
        action: "drawing random bytes",
        token: token.to_owned(),
        reason: error.to_string(),
    })
}
