//! Log queries and installed filters.

use alloy::rpc::types::{BlockNumberOrTag, Filter, FilterBlockOption, Log};
use alloy_primitives::{B256, U64};

use super::{Params, Reply, reply};
use crate::{
    Devnet,
    chain::{At, Chain},
    error::{LIMIT_EXCEEDED, RpcError},
    filters::Kind,
    render,
};

/// First and last block a filter asks for, clipped to the chain; `None` when that is nothing.
fn range(chain: &Chain, filter: &Filter) -> Result<Option<(u64, u64)>, RpcError> {
    let (from, to) = match filter.block_option {
        FilterBlockOption::AtBlockHash(hash) => {
            let block = chain
                .block_by_hash(&hash)
                .ok_or_else(|| RpcError::server(format!("unknown block: no block with hash {hash}")))?;
            return Ok(Some((block.header.number, block.header.number)));
        }
        FilterBlockOption::Range { from_block, to_block } => (from_block, to_block),
    };
    let number = |tag: Option<BlockNumberOrTag>| match tag.unwrap_or_default() {
        BlockNumberOrTag::Number(n) => n,
        tag => match chain.number_of(tag) {
            Some(At::Block(n)) => n,
            _ => chain.height(),
        },
    };
    let (first, last) = (number(from), number(to));
    if first > last {
        if from.is_some_and(|tag| tag.is_number())
            && first > chain.height()
            && to.is_none_or(|tag| tag.is_latest())
        {
            // A poller that is ahead of the head asks for what comes next: there is nothing yet.
            return Ok(None);
        }
        return Err(RpcError::params(format!("invalid block range params: from {first} is after to {last}")));
    }
    let span = last - first + 1;
    if let Some(limit) = chain.config.log_range_limit.filter(|limit| span > *limit) {
        return Err(RpcError::new(
            LIMIT_EXCEEDED,
            format!("query exceeds max block range {limit}: blocks {first} to {last} are {span}"),
        ));
    }
    Ok((first <= chain.height()).then(|| (first, last.min(chain.height()))))
}

/// Logs of the blocks `first..=last` that the filter's addresses and topics match.
fn collect(chain: &Chain, filter: &Filter, first: u64, last: u64) -> Result<Vec<Log>, RpcError> {
    let mut found = Vec::new();
    for number in first..=last {
        let Some(block) = chain.block(number) else { break };
        if !filter.matches_bloom(block.header.logs_bloom) {
            continue;
        }
        let wanted = |log: &Log| filter.matches_address(log.address()) && filter.matches_topics(log.topics());
        found.extend(render::logs(block).filter(wanted));
        if let Some(limit) = chain.config.log_result_limit.filter(|limit| found.len() > *limit) {
            return Err(RpcError::new(
                LIMIT_EXCEEDED,
                format!(
                    "query returned more than {limit} results; ask for fewer blocks than {first} to {last}"
                ),
            ));
        }
    }
    Ok(found)
}

fn query(chain: &Chain, filter: &Filter) -> Result<Vec<Log>, RpcError> {
    match range(chain, filter)? {
        Some((first, last)) => collect(chain, filter, first, last),
        None => Ok(Vec::new()),
    }
}

pub(super) fn get_logs(devnet: &Devnet, p: Params) -> Reply {
    let filter: Filter = p.at_most(1)?.required(0)?;
    reply(query(&devnet.read(), &filter)?)
}

pub(super) fn new_filter(devnet: &Devnet, p: Params) -> Reply {
    let filter: Filter = p.at_most(1)?.required(0)?;
    let mut chain = devnet.write();
    let head = chain.height();
    reply(U64::from(chain.filters.install(Kind::Logs(Box::new(filter)), head)?))
}

pub(super) fn new_block_filter(devnet: &Devnet, p: Params) -> Reply {
    p.at_most(0)?;
    let mut chain = devnet.write();
    let head = chain.height();
    reply(U64::from(chain.filters.install(Kind::Blocks, head)?))
}

pub(super) fn filter_changes(devnet: &Devnet, p: Params) -> Reply {
    let id = p.at_most(1)?.required_number(0)?;
    let mut chain = devnet.write();
    let installed = chain.filters.get(id)?.clone();
    let (first, last) = (installed.delivered + 1, chain.height());
    let answer = match installed.kind {
        Kind::Blocks => {
            let new = (first..=last).filter_map(|n| chain.block(n));
            reply(new.map(|block| block.header.hash()).collect::<Vec<B256>>())
        }
        Kind::Logs(filter) => {
            // A filter may name a range of its own; both apply.
            let from = filter.get_from_block().map_or(first, |from| from.max(first));
            let to = filter.get_to_block().map_or(last, |to| to.min(last));
            reply(collect(&chain, &filter, from, to)?)
        }
    }?;
    chain.filters.delivered(id, last);
    Ok(answer)
}

pub(super) fn filter_logs(devnet: &Devnet, p: Params) -> Reply {
    let id = p.at_most(1)?.required_number(0)?;
    let chain = devnet.read();
    match &chain.filters.get(id)?.kind {
        Kind::Logs(filter) => reply(query(&chain, filter)?),
        Kind::Blocks => Err(RpcError::server(format!("filter {id:#x} is a block filter; it has no logs"))),
    }
}

pub(super) fn uninstall_filter(devnet: &Devnet, p: Params) -> Reply {
    let id = p.at_most(1)?.required_number(0)?;
    reply(devnet.write().filters.uninstall(id))
}
