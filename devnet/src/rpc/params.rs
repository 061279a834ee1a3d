//! Positional JSON-RPC parameters, with geth's errors for what is missing, malformed or too much.

use alloy::rpc::types::BlockId;
use serde::de::DeserializeOwned;
use serde_json::{Value, value::RawValue};

use crate::error::RpcError;

/// The parameters of one request.
#[derive(Debug)]
pub(crate) struct Params(Vec<Value>);

impl Params {
    /// Parses the `params` member; absent and null are the empty list.
    pub(crate) fn parse(raw: Option<&RawValue>) -> Result<Self, RpcError> {
        let value = match raw {
            Some(raw) => serde_json::from_str(raw.get())
                .map_err(|error| RpcError::params(format!("params are not JSON: {error}")))?,
            None => Value::Null,
        };
        match value {
            Value::Array(list) => Ok(Self(list)),
            Value::Null => Ok(Self(Vec::new())),
            // alloy sends a lone value for some single-parameter methods.
            other @ (Value::String(_) | Value::Number(_) | Value::Bool(_)) => Ok(Self(vec![other])),
            Value::Object(_) => {
                Err(RpcError::params("non-array args: this node takes positional parameters only"))
            }
        }
    }

    /// Refuses more than `most` parameters.
    pub(crate) fn at_most(self, most: usize) -> Result<Self, RpcError> {
        if self.0.len() > most {
            return Err(RpcError::params(format!(
                "too many arguments: got {}, want at most {most}",
                self.0.len()
            )));
        }
        Ok(self)
    }

    /// The parameter at `index`, or an error that names it.
    pub(crate) fn required<T: DeserializeOwned>(&self, index: usize) -> Result<T, RpcError> {
        self.optional(index)?
            .ok_or_else(|| RpcError::params(format!("missing value for required argument {index}")))
    }

    /// The parameter at `index`; absent and null are `None`.
    pub(crate) fn optional<T: DeserializeOwned>(&self, index: usize) -> Result<Option<T>, RpcError> {
        match self.0.get(index) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value.clone())
                .map(Some)
                .map_err(|error| RpcError::params(format!("invalid argument {index}: {error}"))),
        }
    }

    /// A block parameter; absent means `default`.
    pub(crate) fn block(&self, index: usize, default: BlockId) -> Result<BlockId, RpcError> {
        Ok(self.optional(index)?.unwrap_or(default))
    }

    /// A whole number: a JSON number, "0x..." or decimal text, as the different tools send them.
    pub(crate) fn number(&self, index: usize) -> Result<Option<u64>, RpcError> {
        match self.0.get(index) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => number(value).map(Some).ok_or_else(|| {
                RpcError::params(format!(
                    "invalid argument {index}: {value} is not a whole number below 2^64"
                ))
            }),
        }
    }

    /// As [`Self::number`], but the parameter must be there.
    pub(crate) fn required_number(&self, index: usize) -> Result<u64, RpcError> {
        self.number(index)?
            .ok_or_else(|| RpcError::params(format!("missing value for required argument {index}")))
    }

    /// The raw value at `index`.
    pub(crate) fn value(&self, index: usize) -> Option<&Value> {
        self.0.get(index).filter(|value| !value.is_null())
    }
}

/// Reads a number the way [`Params::number`] does.
pub(crate) fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => match text.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16).ok().filter(|_| !hex.starts_with('+')),
            None => text.parse().ok().filter(|_| !text.starts_with('+')),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{json, value::to_raw_value};

    fn params(value: Value) -> Result<Params, RpcError> {
        Params::parse(Some(&to_raw_value(&value).unwrap()))
    }

    #[test]
    fn numbers_are_read_in_every_spelling_tools_use() {
        for value in [json!([26]), json!(["26"]), json!(["0x1a"])] {
            assert_eq!(params(value).unwrap().number(0).unwrap(), Some(26));
        }
        for value in [json!([-1]), json!(["0x"]), json!(["+1"]), json!([1.5]), json!(["0x10000000000000000"])]
        {
            assert_eq!(params(value).unwrap().number(0).unwrap_err().code, crate::error::INVALID_PARAMS);
        }
    }

    #[test]
    fn errors_name_the_argument() {
        let none = Params::parse(None).unwrap();
        assert_eq!(none.required::<String>(0).unwrap_err().message, "missing value for required argument 0");
        let error = params(json!([1, 2])).unwrap().at_most(1).unwrap_err();
        assert_eq!(error.message, "too many arguments: got 2, want at most 1");
        assert_eq!(params(json!({"a": 1})).unwrap_err().code, crate::error::INVALID_PARAMS);
    }
}
