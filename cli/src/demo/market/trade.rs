//! Buying a launch: requests, locks, and what the market says of them.

use super::fleet::Fleet;
use super::wait::until;
use super::{AGENT, STALLER};
use crate::chain::Sent;
use crate::demo::launch::INPUT;
use crate::demo::ledger::Done;
use crate::demo::world::{OPERATOR, REQUESTER, World};
use crate::random::seed;
use crate::table::thousands;
use crate::verdict;
use alloy_primitives::{Address, B256, U256, keccak256};
use eyre::{Result, ensure, eyre};
use nonos_contracts::abi::ProofMarket;
use nonos_contracts::anchor::latest_checkpoint;
use nonos_contracts::market::{Market, RequestState};
use nonos_core::request::{ASSURANCE_BATCHED, Offer, ProofRequest};

/// One ether in wei.
const ETHER: u128 = 1_000_000_000_000_000_000;
/// What accounts put into the market.
const FUNDS: u128 = ETHER / 2;
/// Highest price of a launch here, well below half of a slice.
const MAX_PRICE: u128 = ETHER / 100;
/// What the relayer gets.
const RELAY_FEE: u128 = ETHER / 10_000;

/// A request and its id.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The request.
    pub request: ProofRequest,
    /// Its EIP-712 digest.
    pub id: B256,
}

/// The market behind the demo's provider.
pub fn market(world: &World) -> Market<&alloy::providers::DynProvider> {
    Market::new(world.deployment.addresses.proof_market, &world.chain.provider)
}

/// Requester and operators put money in.
pub async fn fund(world: &World) -> Result<Done<()>> {
    let (mut last, mut gas) = (None, 0);
    for account in [REQUESTER, OPERATOR + AGENT, OPERATOR + STALLER] {
        let market = market(world);
        let call = market.contract().deposit().value(U256::from(FUNDS));
        let from = world.chain.account_at(account)?;
        let sent = world.chain.send("depositing", from, call.into_transaction_request()).await?;
        (last, gas) = (Some(sent.hash), gas + sent.gas);
    }
    let hash = last.ok_or_else(|| eyre!("nobody put money in"))?;
    Ok(Done::new((), "requester and two operators").on_chain(hash, gas))
}

/// Submits a request that only operator `number` can take, within `lock` seconds, to be served within `total`.
pub async fn ask(
    world: &World,
    fleet: &Fleet,
    number: usize,
    lock: u32,
    total: u32,
) -> Result<(Asked, Sent)> {
    let operator = world.operators.get(number).ok_or_else(|| eyre!("there is no operator {number}"))?;
    let stored = fleet.node(0)?.api.post_blob(INPUT.to_vec()).await?;
    ensure!(stored.hash == keccak256(INPUT), "the node stored the input under another hash");
    let requester = world.chain.account_at(REQUESTER)?;
    let head = latest_checkpoint(&world.chain.provider).await?.timestamp;
    let now = verdict::clock()?.max(head);
    let request = ProofRequest {
        requester,
        salt: U256::from_be_bytes(seed()?),
        anchor: world.deployment.addresses.receipt_anchor,
        verifierKey: world.prover.verifier().key().0,
        publisherId: world.publisher,
        capsuleLeaf: world.package.manifest.capsule_leaf()?.to_u256(),
        inputHash: stored.hash,
        inputLocatorHash: B256::ZERO,
        earliestLaunch: head,
        assurance: ASSURANCE_BATCHED,
        minTrust: 0,
        operatorId: operator.identity.root_key.into(),
        paymentToken: Address::ZERO,
        offer: Offer {
            minPrice: MAX_PRICE / 2,
            maxPrice: MAX_PRICE,
            rampStart: now,
            rampLength: 2,
            lockTimeout: lock,
            timeout: total,
        },
        baseCollateral: MAX_PRICE,
        relayFee: RELAY_FEE,
        maxProtocolFeeBps: 1_000,
        feeSharesHash: B256::ZERO,
        callback: Address::ZERO,
        callbackGas: 0,
    };
    let market = market(world);
    let id = request.id(world.chain.id, market.address()).into();
    let call = market.contract().submit((&request).into());
    let sent = world.chain.send("submitting", requester, call.into_transaction_request()).await?;
    Ok((Asked { request, id }, sent))
}

/// Locks a request for its operator, from that operator's account, as its own program would.
pub async fn lock(world: &World, asked: &Asked, number: usize) -> Result<Sent> {
    let operator = world.operators.get(number).ok_or_else(|| eyre!("there is no operator {number}"))?;
    let market = market(world);
    let call = market.contract().lock(
        (&asked.request).into(),
        Default::default(),
        operator.identity.root_key.into(),
        Vec::new(),
    );
    world.chain.send("locking", operator.identity.controller, call.into_transaction_request()).await
}

/// Waits until the request is paid.
pub async fn settled(world: &World, fleet: &mut Fleet, asked: &Asked) -> Result<Done<()>> {
    let market = market(world);
    until("the request to be paid", fleet, async |_| {
        let state = market.state_of(asked.id).await?;
        ensure!(!state.is_over() || state == RequestState::Fulfilled, "the request ended as {state:?}");
        Ok((state == RequestState::Fulfilled).then_some(()))
    })
    .await?;
    let lock: ProofMarket::Lock = market.lock_of(asked.id).await?;
    let burned = market.contract().burned().call().await?;
    Ok(Done::new(
        (),
        format!(
            "price {} gwei, collateral {} gwei back, {} gwei of fee burned",
            gwei(U256::from(lock.price)),
            gwei(U256::from(lock.collateral)),
            gwei(burned)
        ),
    ))
}

fn gwei(wei: U256) -> String {
    thousands(u64::try_from(wei / U256::from(1_000_000_000u64)).unwrap_or(u64::MAX))
}
