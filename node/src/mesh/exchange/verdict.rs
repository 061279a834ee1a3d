//! Another node's verdicts, as it states them: three, kept apart.

use serde::Serialize;

use crate::verify::Verdicts;

/// Longest reason in bytes; longer ones are cut.
const MAX_REASON: usize = 240;

/// One verdict of another node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Opinion {
    /// Positive.
    Yes,
    /// Negative, and why.
    No(String),
    /// Not given, because the one before it is negative.
    NotGiven,
}

/// What another node says about a receipt. Its word, not a proof: weigh it by the trust in its operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MeshVerdict {
    /// The proof is valid.
    pub proof: Opinion,
    /// Enrolled, admitted, not revoked.
    pub admission: Opinion,
    /// Launched recently.
    pub freshness: Opinion,
}

impl From<&Verdicts> for MeshVerdict {
    fn from(verdicts: &Verdicts) -> Self {
        let opinion = |error: Option<String>| error.map_or(Opinion::Yes, |text| Opinion::No(cut(text)));
        let optional = |given: Option<Option<String>>| given.map_or(Opinion::NotGiven, opinion);
        Self {
            proof: opinion(verdicts.proof.as_ref().err().map(ToString::to_string)),
            admission: optional(
                verdicts.admission.as_ref().map(|v| v.as_ref().err().map(ToString::to_string)),
            ),
            freshness: optional(
                verdicts.freshness.as_ref().map(|v| v.as_ref().err().map(ToString::to_string)),
            ),
        }
    }
}

fn cut(mut text: String) -> String {
    let end = (0..=MAX_REASON.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or(0));
    text
}

impl MeshVerdict {
    /// Three times: 0 yes; 1 no, length, reason; 2 not given.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for opinion in [&self.proof, &self.admission, &self.freshness] {
            match opinion {
                Opinion::Yes => bytes.push(0),
                Opinion::No(reason) => {
                    let reason = cut(reason.clone());
                    bytes.extend([1, u8::try_from(reason.len()).unwrap_or(u8::MAX)]);
                    bytes.extend_from_slice(reason.as_bytes());
                }
                Opinion::NotGiven => bytes.push(2),
            }
        }
        bytes
    }

    /// Reads exactly what [`Self::encode`] writes.
    pub fn decode(bytes: &[u8]) -> Result<Self, &'static str> {
        let mut rest = bytes;
        let (proof, admission, freshness) = (next(&mut rest)?, next(&mut rest)?, next(&mut rest)?);
        if rest.is_empty() {
            Ok(Self { proof, admission, freshness })
        } else {
            Err("bytes after the verdicts")
        }
    }
}

fn next(rest: &mut &[u8]) -> Result<Opinion, &'static str> {
    let (tag, after) = rest.split_first().ok_or("a verdict is missing")?;
    *rest = after;
    match tag {
        0 => Ok(Opinion::Yes),
        2 => Ok(Opinion::NotGiven),
        1 => {
            let (length, after) = rest.split_first().ok_or("the length of a reason is missing")?;
            let length = usize::from(*length);
            if length > MAX_REASON {
                return Err("a reason is too long");
            }
            let (reason, after) = after.split_at_checked(length).ok_or("a reason is cut off")?;
            *rest = after;
            let reason = std::str::from_utf8(reason).map_err(|_| "a reason is not UTF-8")?;
            if reason.chars().any(char::is_control) {
                return Err("a reason has control characters");
            }
            Ok(Opinion::No(reason.to_owned()))
        }
        _ => Err("no such verdict"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_is_cut_at_a_character() {
        let reason = cut("ü".repeat(200));
        assert_eq!((reason.len(), reason.chars().count()), (240, 120));
        let verdict =
            MeshVerdict { proof: Opinion::No(reason), admission: Opinion::NotGiven, freshness: Opinion::Yes };
        assert_eq!(MeshVerdict::decode(&verdict.encode()), Ok(verdict));
    }

    #[test]
    fn other_forms_are_refused() {
        for (bytes, reason) in [
            (&[0u8, 0][..], "a verdict is missing"),
            (&[0, 0, 0, 0], "bytes after the verdicts"),
            (&[3, 0, 0], "no such verdict"),
            (&[1, 5, b'a'], "a reason is cut off"),
            (&[1, 241], "a reason is too long"),
            (&[1, 1, 0xff, 0, 0], "a reason is not UTF-8"),
            (&[1, 1, b'\n', 0, 0], "a reason has control characters"),
        ] {
            assert_eq!(MeshVerdict::decode(bytes), Err(reason));
        }
    }
}
