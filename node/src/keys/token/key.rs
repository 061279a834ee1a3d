//! An ed25519 key pair on a token: found, or made there.

use cryptoki::error::Error;
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use super::TokenError;
use super::point::public_key;

/// CKA_EC_PARAMS of edwards25519: as a curve name (PrintableString), and as the identifier of RFC 8410. Tokens take one or
/// the other.
const CURVE_NAME: [u8; 14] = *b"\x13\x0cedwards25519";
const CURVE_OID: [u8; 5] = [0x06, 0x03, 0x2b, 0x65, 0x70];

/// A key pair on a token.
pub(super) struct TokenKey {
    /// The private half.
    pub private: ObjectHandle,
    /// CKA_ID of both halves.
    pub id: Vec<u8>,
    /// The public key.
    pub public: [u8; 32],
}

/// A token's session with the label of the token, for errors.
pub(super) struct Desk<'a> {
    /// Logged in.
    pub session: &'a Session,
    /// The token's label.
    pub token: &'a str,
}

impl Desk<'_> {
    fn refused(&self, action: &'static str) -> impl Fn(Error) -> TokenError {
        let token = self.token.to_owned();
        move |error| TokenError::Refused { action, token: token.clone(), reason: error.to_string() }
    }

    fn keys(&self, class: ObjectClass, more: &[Attribute]) -> Result<Vec<ObjectHandle>, TokenError> {
        let mut template = vec![Attribute::Class(class), Attribute::KeyType(KeyType::EC_EDWARDS)];
        template.extend_from_slice(more);
        self.session.find_objects(&template).map_err(self.refused("looking for the key"))
    }

    fn attribute<T>(
        &self,
        object: ObjectHandle,
        kind: AttributeType,
        pick: impl Fn(Attribute) -> Option<T>,
    ) -> Result<Option<T>, TokenError> {
        let found = self.session.get_attributes(object, &[kind]);
        Ok(found.map_err(self.refused("reading the key"))?.into_iter().find_map(pick))
    }

    /// The key pair with this label and, if it is not empty, this id; `None` if there is no such private key.
    pub fn find(&self, label: &str, id: &[u8]) -> Result<Option<TokenKey>, TokenError> {
        let mut wanted = vec![Attribute::Label(label.as_bytes().to_vec())];
        if !id.is_empty() {
            wanted.push(Attribute::Id(id.to_vec()));
        }
        let private = match self.keys(ObjectClass::PRIVATE_KEY, &wanted)?[..] {
            [] => return Ok(None),
            [private] => private,
            ref several => {
                return Err(TokenError::SeveralKeys {
                    token: self.token.to_owned(),
                    key: label.to_owned(),
                    count: several.len(),
                });
            }
        };
        let extractable = self.attribute(private, AttributeType::Extractable, |a| match a {
            Attribute::Extractable(value) => Some(value),
            _ => None,
        })?;
        if extractable == Some(true) {
            return Err(TokenError::Extractable { token: self.token.to_owned(), key: label.to_owned() });
        }
        let id = self.attribute(private, AttributeType::Id, |a| match a {
            Attribute::Id(id) => Some(id),
            _ => None,
        })?;
        let id = id.unwrap_or_default();
        let public = self.public(label, &id)?;
        Ok(Some(TokenKey { private, id, public }))
    }

    /// The public half: the object with the same id, or where there is none, with the same label.
    fn public(&self, label: &str, id: &[u8]) -> Result<[u8; 32], TokenError> {
        let (token, key) = (self.token.to_owned(), label.to_owned());
        let same = match id {
            [] => Attribute::Label(label.as_bytes().to_vec()),
            id => Attribute::Id(id.to_vec()),
        };
        let object = match self.keys(ObjectClass::PUBLIC_KEY, &[same])?[..] {
            [object] => object,
            [] => return Err(TokenError::NoPublicKey { token, key }),
            ref several => return Err(TokenError::SeveralKeys { token, key, count: several.len() }),
        };
        let point = self.attribute(object, AttributeType::EcPoint, |a| match a {
            Attribute::EcPoint(point) => Some(point),
            _ => None,
        })?;
        let point = point.unwrap_or_default();
        public_key(&point).ok_or_else(|| TokenError::Point { token, key, point: hex::encode(&point) })
    }

    /// Labels of all ed25519 and ed448 private keys, for an error.
    pub fn labels(&self) -> Result<Vec<String>, TokenError> {
        let mut labels = Vec::new();
        for object in self.keys(ObjectClass::PRIVATE_KEY, &[])? {
            let label = self.attribute(object, AttributeType::Label, |a| match a {
                Attribute::Label(label) => Some(String::from_utf8_lossy(&label).into_owned()),
                _ => None,
            })?;
            labels.push(label.unwrap_or_else(|| "(no label)".to_owned()));
        }
        Ok(labels)
    }

    /// Makes a pair that cannot leave the token.
    pub fn generate(&self, label: &str, id: &[u8]) -> Result<(), TokenError> {
        let named = [Attribute::Label(label.as_bytes().to_vec()), Attribute::Id(id.to_vec())];
        let private = [
            &[
                Attribute::Token(true),
                Attribute::Private(true),
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::Sign(true),
            ],
            &named[..],
        ]
        .concat();
        let generate = |curve: &[u8]| {
            let public = [
                &[
                    Attribute::Token(true),
                    Attribute::Private(false),
                    Attribute::Verify(true),
                    Attribute::EcParams(curve.to_vec()),
                ],
                &named[..],
            ]
            .concat();
            self.session.generate_key_pair(&Mechanism::EccEdwardsKeyPairGen, &public, &private)
        };
        let made = generate(&CURVE_NAME).or_else(|_| generate(&CURVE_OID));
        made.map(drop).map_err(self.refused("making the key pair"))
    }

    /// An ed25519 signature, as the token gives it.
    pub fn sign(&self, private: ObjectHandle, message: &[u8]) -> Result<Vec<u8>, TokenError> {
        let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519));
        self.session.sign(&mechanism, private, message).map_err(self.refused("signing"))
    }
}
