//! Event reads in pages, because RPC providers cap the block range of one request.

use alloy::{
    eips::BlockNumberOrTag,
    providers::Provider,
    rpc::types::{Filter, Log},
};

use crate::error::ChainError;

/// Blocks per request: below the cap of every large provider.
const PAGE: u64 = 2_000;
/// Smallest page before an error is taken for something else than a range limit.
const MIN_PAGE: u64 = 16;

/// All logs of `filter` in `from..=to`, in chain order. A refused page is halved down to [`MIN_PAGE`].
pub(crate) async fn pages(
    provider: &impl Provider,
    filter: &Filter,
    from: u64,
    to: u64,
) -> Result<Vec<Log>, ChainError> {
    let (mut logs, mut next, mut page) = (Vec::new(), from, PAGE);
    while next <= to {
        let last = next.saturating_add(page - 1).min(to);
        let request = filter
            .clone()
            .from_block(BlockNumberOrTag::Number(next))
            .to_block(BlockNumberOrTag::Number(last));
        match provider.get_logs(&request).await {
            Ok(found) => {
                logs.extend(found);
                next = last + 1;
            }
            Err(error) if page > MIN_PAGE && error.is_error_resp() => page /= 2,
            Err(error) => {
                return Err(ChainError::transport(
                    format!("reading events of blocks {next}..={last}"),
                    error,
                ));
            }
        }
    }
    Ok(logs)
}
