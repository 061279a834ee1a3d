//! A node that cannot be trusted: between alloy and the devnet, it loses, delays, reorders and invents answers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use alloy::rpc::json_rpc::{ErrorPayload, RequestPacket, Response, ResponsePacket, ResponsePayload};
use alloy::transports::{TransportError, TransportErrorKind, TransportFut};
use alloy_primitives::B256;
use nonos_devnet::{Devnet, DevnetTransport};
use serde_json::{Value, json, value::to_raw_value};
use tower::Service;

use super::Random;

/// One fault in so many requests; 0 is an honest node.
#[derive(Debug)]
pub struct Plan {
    pub random: Random,
    pub one_in: u64,
    /// How often each fault was injected.
    pub injected: BTreeMap<&'static str, u64>,
    /// Requests by method.
    pub requests: u64,
    /// Answers of the past, to be given again.
    stale: BTreeMap<String, Value>,
}

#[derive(Clone)]
pub struct Chaos {
    inner: DevnetTransport,
    pub plan: Arc<Mutex<Plan>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    Lost,
    Refused,
    TakenThenFailed,
    TakenThenLost,
    Late,
    Stale,
    Empty,
    Invented,
}

impl Chaos {
    pub fn new(devnet: &Devnet, seed: u64) -> Self {
        let plan = Plan {
            random: Random(seed),
            one_in: 0,
            injected: BTreeMap::new(),
            requests: 0,
            stale: BTreeMap::new(),
        };
        Self { inner: devnet.transport(), plan: Arc::new(Mutex::new(plan)) }
    }

    /// From now on one request in `n` meets a fault.
    pub fn one_in(&self, n: u64) {
        self.plan.lock().expect("no panics").one_in = n;
    }
}

impl Chaos {
    /// Faults injected so far.
    pub fn faults(&self) -> u64 {
        self.plan.lock().expect("no panics").injected.values().sum()
    }
}

impl Plan {
    fn roll(&mut self, method: &str) -> (Fault, Duration) {
        self.requests += 1;
        let sends = method == "eth_sendRawTransaction";
        // Sending is rare, and where most can go wrong.
        let one_in = if sends { self.one_in.min(2) } else { self.one_in };
        if one_in == 0 || !self.random.one_in(one_in) {
            return (Fault::None, Duration::ZERO);
        }
        let delay = Duration::from_millis(self.random.below(40));
        let fault = match self.random.below(8) {
            0 => Fault::Lost,
            1 => Fault::Refused,
            2 | 3 if sends => Fault::TakenThenFailed,
            4 | 5 if sends => Fault::TakenThenLost,
            2 => Fault::Stale,
            3 => Fault::Empty,
            4 | 5 => Fault::Invented,
            _ => Fault::Late,
        };
        let name = match fault {
            Fault::None => "none",
            Fault::Lost => "request lost",
            Fault::Refused => "refused, not taken",
            Fault::TakenThenFailed => "transaction taken, error answered",
            Fault::TakenThenLost => "transaction taken, answer lost",
            Fault::Late => "delayed, so reordered",
            Fault::Stale => "stale answer",
            Fault::Empty => "null answered",
            Fault::Invented => "invented answer",
        };
        *self.injected.entry(name).or_default() += 1;
        (fault, delay)
    }

    /// A lie that fits the method: a block or a batch that does not exist, a nonce that is not.
    fn invent(&mut self, method: &str, params: &str, truth: &Value) -> Value {
        let hash = B256::from(std::array::from_fn(|i| self.random.below(256) as u8 ^ i as u8));
        match method {
            "eth_getBlockByNumber" if truth.is_object() => {
                let mut block = truth.clone();
                block["hash"] = json!(hash);
                block
            }
            "eth_getTransactionCount" => json!(format!("{:#x}", self.random.below(500))),
            "eth_maxPriorityFeePerGas" => json!(format!("{:#x}", self.random.next())),
            "eth_estimateGas" => json!(format!("{:#x}", self.random.below(1 << 40))),
            "eth_getTransactionReceipt" => json!(null),
            // batchOf: a batch anchored in the year 2001, or none.
            "eth_call" if truth.as_str().is_some_and(|text| text.len() == 2 + 9 * 64) => {
                let anchored = if self.random.one_in(2) { 1_000_000_000u64 } else { 0 };
                let word = |value: u64| format!("{value:064x}");
                let words = [1, 0, anchored, anchored, anchored + 1, anchored + 2, 5, 0, 0].map(word);
                json!(format!("0x{}", words.concat()))
            }
            _ => self.stale.get(&format!("{method}{params}")).cloned().unwrap_or_else(|| truth.clone()),
        }
    }
}

impl Service<RequestPacket> for Chaos {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, packet: RequestPacket) -> Self::Future {
        let (plan, mut inner) = (Arc::clone(&self.plan), self.inner.clone());
        let RequestPacket::Single(request) = &packet else {
            return inner.call(packet);
        };
        let method = request.method().to_owned();
        let params = request.params().map(|params| params.get().to_owned()).unwrap_or_default();
        let id = request.id().clone();
        let (fault, delay) = plan.lock().expect("no panics").roll(&method);
        Box::pin(async move {
            match fault {
                Fault::Lost => std::future::pending::<()>().await,
                Fault::Refused => {
                    let payload = ErrorPayload {
                        code: -32000,
                        message: "too many requests, try again later".into(),
                        data: None,
                    };
                    let payload = ResponsePayload::Failure(payload);
                    return Ok(ResponsePacket::Single(Response { id, payload }));
                }
                Fault::Late => tokio::time::sleep(delay).await,
                _ => {}
            }
            let answer = inner.call(packet).await?;
            match fault {
                Fault::TakenThenLost => std::future::pending::<()>().await,
                Fault::TakenThenFailed => {
                    return Err(TransportErrorKind::custom_str("connection reset by peer"));
                }
                _ => {}
            }
            let ResponsePacket::Single(Response { id, payload: ResponsePayload::Success(truth) }) = &answer
            else {
                return Ok(answer);
            };
            let truth: Value = serde_json::from_str(truth.get()).map_err(TransportErrorKind::custom)?;
            let lie = {
                let mut plan = plan.lock().expect("no panics");
                // What is asked of "latest" has another answer later; what is asked of a block by its hash does not, so
                // the stale answer is that of another block.
                let key = format!("{method}{}", if method == "eth_call" { "" } else { &params });
                let lie = match fault {
                    Fault::Stale => plan.stale.get(&key).cloned(),
                    Fault::Empty => Some(Value::Null),
                    Fault::Invented => Some(plan.invent(&method, &params, &truth)),
                    _ => None,
                };
                let known = plan.stale.contains_key(&key);
                if plan.stale.len() < 512 && (!known || plan.random.one_in(4)) {
                    plan.stale.insert(key, truth);
                }
                lie
            };
            let Some(lie) = lie else { return Ok(answer) };
            let lie = to_raw_value(&lie).map_err(TransportErrorKind::custom)?;
            let payload = ResponsePayload::Success(lie);
            Ok(ResponsePacket::Single(Response { id: id.clone(), payload }))
        })
    }
}
