//! A PKCS#11 module, the tokens in its slots, and a session that is logged in.

use std::path::Path;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::MechanismType;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};

use super::{PinSource, TokenError};

/// A token in its slot.
pub(super) struct Token {
    module: Pkcs11,
    slot: Slot,
    info: TokenInfo,
}

/// Starts the module at `path`.
fn load(path: &Path) -> Result<Pkcs11, TokenError> {
    if !path.is_file() {
        return Err(TokenError::ModuleMissing(path.to_owned()));
    }
    let failed = |error: Error| TokenError::Module { module: path.to_owned(), reason: error.to_string() };
    let module = Pkcs11::new(path).map_err(failed)?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        // Started before in this process: it serves us as well.
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(module),
        Err(error) => Err(failed(error)),
    }
}

impl Token {
    /// The one initialised token with this label, or the only one.
    pub fn find(path: &Path, label: Option<&str>) -> Result<Self, TokenError> {
        let tokens = Self::all(path)?;
        let labels: Vec<String> = tokens.iter().map(|token| token.label().to_owned()).collect();
        let mut fitting =
            tokens.into_iter().filter(|token| label.is_none_or(|wanted| token.label() == wanted));
        let module = path.to_owned();
        match (fitting.next(), fitting.count()) {
            (Some(token), 0) => Ok(token),
            (Some(_), _) => Err(TokenError::SeveralTokens { module, found: labels }),
            (None, _) => Err(TokenError::NoToken { module, label: label.map(str::to_owned), found: labels }),
        }
    }

    /// The token with this label and serial number.
    pub fn find_again(path: &Path, label: &str, serial: &str) -> Result<Self, TokenError> {
        let tokens = Self::all(path)?;
        let labels: Vec<String> = tokens.iter().map(|token| token.label().to_owned()).collect();
        let (mut same, mut other) = (None, None);
        for token in tokens.into_iter().filter(|token| token.label() == label) {
            match token.serial() == serial {
                true => same = Some(token),
                false => other = Some(token),
            }
        }
        match (same, other) {
            (Some(token), _) => Ok(token),
            (None, Some(other)) => Err(TokenError::OtherToken {
                label: label.to_owned(),
                expected: serial.to_owned(),
                found: other.serial().to_owned(),
            }),
            (None, None) => Err(TokenError::NoToken {
                module: path.to_owned(),
                label: Some(label.to_owned()),
                found: labels,
            }),
        }
    }

    fn all(path: &Path) -> Result<Vec<Self>, TokenError> {
        let module = load(path)?;
        let failed = |error: Error| TokenError::Module { module: path.to_owned(), reason: error.to_string() };
        let slots = module.get_slots_with_token().map_err(failed)?;
        let mut tokens = Vec::with_capacity(slots.len());
        for slot in slots {
            let info = match module.get_token_info(slot) {
                Ok(info) => info,
                // Pulled out in between, or something that is no token.
                Err(Error::Pkcs11(RvError::TokenNotPresent | RvError::TokenNotRecognized, _)) => continue,
                Err(error) => return Err(failed(error)),
            };
            if info.token_initialized() {
                tokens.push(Self { module: module.clone(), slot, info });
            }
        }
        Ok(tokens)
    }

    pub fn label(&self) -> &str {
        self.info.label()
    }

    pub fn serial(&self) -> &str {
        self.info.serial_number()
    }

    /// Opens a session and logs in, with one try. `write` is needed to make keys.
    pub fn log_in(&self, pin: Option<&PinSource>, write: bool) -> Result<Session, TokenError> {
        let refused = |action| {
            move |error: Error| TokenError::Refused {
                action,
                token: self.label().to_owned(),
                reason: error.to_string(),
            }
        };
        let mechanisms = self.module.get_mechanism_list(self.slot);
        let mechanisms = mechanisms.map_err(refused("asking what the token can do"))?;
        if !mechanisms.contains(&MechanismType::EDDSA) {
            return Err(TokenError::NoEddsa(self.label().to_owned()));
        }
        // Asked before the PIN is: a locked token is not tried, and nobody types in vain.
        if self.info.user_pin_locked() {
            return Err(TokenError::PinLocked(self.label().to_owned()));
        }
        if !self.info.user_pin_initialized() {
            return Err(TokenError::PinUnset(self.label().to_owned()));
        }
        let session = match write {
            true => self.module.open_rw_session(self.slot),
            false => self.module.open_ro_session(self.slot),
        };
        let session = session.map_err(refused("opening a session"))?;
        let secret = match self.info.protected_authentication_path() {
            // The PIN is typed on the device itself.
            true => None,
            false => {
                let pin = pin.ok_or_else(|| "none was given".to_owned()).and_then(PinSource::read);
                Some(pin.map_err(|reason| TokenError::NoPin { token: self.label().to_owned(), reason })?)
            }
        };
        match session.login(UserType::User, secret.as_ref()) {
            Ok(()) => Ok(session),
            Err(error) => match login_failure(self.label(), &error, || self.last_try()) {
                Some(failure) => Err(failure),
                None => Ok(session),
            },
        }
    }

    fn last_try(&self) -> bool {
        self.module.get_token_info(self.slot).is_ok_and(|info| info.user_pin_final_try())
    }
}

/// What a failed C_Login means; `None` if the token is open all the same.
fn login_failure(token: &str, error: &Error, last_try: impl FnOnce() -> bool) -> Option<TokenError> {
    let token = token.to_owned();
    let Error::Pkcs11(code, _) = error else {
        return Some(TokenError::Refused { action: "logging in", token, reason: error.to_string() });
    };
    Some(match code {
        // Another session of this process has logged in.
        RvError::UserAlreadyLoggedIn => return None,
        RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange => {
            TokenError::WrongPin { token, last_try: last_try() }
        }
        RvError::PinLocked => TokenError::PinLocked(token),
        RvError::PinExpired => TokenError::PinExpired(token),
        RvError::UserPinNotInitialized => TokenError::PinUnset(token),
        _ => TokenError::Refused { action: "logging in", token, reason: error.to_string() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryptoki::context::Function;

    fn failure(code: RvError) -> Option<TokenError> {
        login_failure("t", &Error::Pkcs11(code, Function::Login), || true)
    }

    /// SoftHSM does not count wrong PINs, so what a token says that does is played here.
    #[test]
    fn a_wrong_a_locked_and_a_missing_pin_are_different_errors() {
        assert!(matches!(failure(RvError::PinIncorrect), Some(TokenError::WrongPin { last_try: true, .. })));
        assert!(matches!(failure(RvError::PinLenRange), Some(TokenError::WrongPin { .. })));
        assert!(matches!(failure(RvError::PinLocked), Some(TokenError::PinLocked(_))));
        assert!(matches!(failure(RvError::PinExpired), Some(TokenError::PinExpired(_))));
        assert!(matches!(failure(RvError::UserPinNotInitialized), Some(TokenError::PinUnset(_))));
        assert!(matches!(failure(RvError::DeviceError), Some(TokenError::Refused { .. })));
        assert!(failure(RvError::UserAlreadyLoggedIn).is_none());
    }

    #[test]
    fn a_module_that_is_not_there_and_one_that_is_none_are_different_errors() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("module.so");
        assert!(matches!(Token::find(&path, None), Err(TokenError::ModuleMissing(_))));
        assert!(matches!(Token::find(directory.path(), None), Err(TokenError::ModuleMissing(_))));
        std::fs::write(&path, "not a library").unwrap();
        assert!(matches!(Token::find(&path, None), Err(TokenError::Module { .. })));
    }
}
