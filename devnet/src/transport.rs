//! alloy's transport, answered by the chain in this process.

use std::task::{Context, Poll};

use alloy::{
    rpc::json_rpc::{
        ErrorPayload, RequestPacket, Response, ResponsePacket, ResponsePayload, SerializedRequest,
    },
    transports::{TransportError, TransportErrorKind, TransportFut},
};
use serde_json::value::to_raw_value;
use tower::Service;

use crate::{Devnet, error::RpcError, rpc};

/// A [`tower::Service`] for alloy's `RpcClient`; made by [`Devnet::transport`].
#[derive(Clone, Debug)]
pub struct DevnetTransport(Devnet);

impl DevnetTransport {
    pub(crate) const fn new(devnet: Devnet) -> Self {
        Self(devnet)
    }
}

impl Service<RequestPacket> for DevnetTransport {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, packet: RequestPacket) -> Self::Future {
        let devnet = self.0.clone();
        Box::pin(async move {
            // Execution can take a while; it must not hold up the caller's runtime.
            tokio::task::spawn_blocking(move || answer_packet(&devnet, &packet))
                .await
                .map_err(TransportErrorKind::custom)
        })
    }
}

fn answer_packet(devnet: &Devnet, packet: &RequestPacket) -> ResponsePacket {
    match packet {
        RequestPacket::Single(request) => ResponsePacket::Single(answer(devnet, request)),
        RequestPacket::Batch(requests) => {
            ResponsePacket::Batch(requests.iter().map(|request| answer(devnet, request)).collect())
        }
    }
}

fn answer(devnet: &Devnet, request: &SerializedRequest) -> Response {
    let payload = match rpc::handle(devnet, request.method(), request.params()) {
        Ok(value) => ResponsePayload::Success(value),
        Err(error) => ResponsePayload::Failure(error_payload(error)),
    };
    Response { id: request.id().clone(), payload }
}

/// A JSON-RPC error object; revert data goes into `data` as hex, as geth and anvil do.
pub(crate) fn error_payload(error: RpcError) -> ErrorPayload {
    let data = error.data.and_then(|data| to_raw_value(&data).ok());
    ErrorPayload { code: error.code, message: error.message.into(), data }
}
