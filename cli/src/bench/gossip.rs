//! The mesh on loopback: three nodes in a line, so that the last one hears everything by way of the middle one.
//!
//! Throughput is taken without proof checks (every message is taken for a receipt, hashed, deduplicated and delivered),
//! latency and verification with them. Proving hundreds of receipts would take minutes, so two real ones are sent again
//! and again under fresh message ids; each copy is decoded, screened and paired in full at every node, and only the
//! memory of nullifiers is told that it is another one.

mod judge;
mod line;
mod receipts;

use super::figure::Figure;
use eyre::{Result, WrapErr, ensure, eyre};
use judge::{Everything, Repeats};
use line::{Line, config};
use nonos_circuits::launch::LaunchProver;
use nonos_core::receipt::Receipt;
use nonos_node::mesh::{Judge, MeshError, MeshEvent, Published, ReceiptJudge, Topic};
use nonos_node::verify::{ReceiptVerifier, Window};
use receipts::{ANCHOR, CHAIN, Roots};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes of a message without proof checks.
const MESSAGE: usize = 3 * 1024;
const MESSAGES: u64 = 20_000;
/// Messages under way at once.
const WINDOW: u64 = 400;
/// Messages per second with proof checks, and how many.
const RATE: u64 = 200;
const PACED: u64 = 2_000;
/// Receipts that one node verifies, and how many wait at a time.
const VERIFIED: usize = 4_000;
const WAITING: usize = 256;
/// Nothing comes for so long: something is lost.
const LOST: Duration = Duration::from_secs(20);

/// Runs all three; a runtime of two threads, like the machine that the budgets are for.
pub fn measure(prover: &LaunchProver) -> Result<Vec<Option<Figure>>> {
    let made = (0..2).map(|_| receipts::prove(prover)).collect::<Result<Vec<_>>>()?;
    let verifier = prover.verifier();
    let verifier = ReceiptVerifier::new(verifier.clone(), verifier.key(), CHAIN, ANCHOR, Window::default())?;
    // The caller sits in a runtime already, and a runtime within a runtime does not block.
    let measured = std::thread::scope(|scope| {
        let work = || -> Result<_> {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
            runtime.block_on(async {
                let verified = verify(&verifier, &made).await?;
                let latencies = paced(&verifier, &made).await?;
                Ok((flat_out().await?, latencies, verified))
            })
        };
        scope.spawn(work).join()
    });
    let (throughput, latencies, verified) =
        measured.map_err(|_| eyre!("the measurement of the mesh panicked"))??;
    let (arrived, delivered) = latencies;
    Ok(vec![
        Figure::new("gossip_msgs_per_s", throughput, MESSAGES as usize),
        Figure::new("gossip_p50_ms", quantile(&arrived, 0.5), arrived.len()),
        Figure::new("gossip_p99_ms", quantile(&arrived, 0.99), arrived.len()),
        Figure::new("gossip_verified_p99_ms", quantile(&delivered, 0.99), delivered.len()),
        Figure::new("node_verify_receipts_per_s", verified, VERIFIED),
    ])
}

/// Messages of 3 KiB per second that arrive after two hops, sent as fast as they arrive.
async fn flat_out() -> Result<f64> {
    let judge = Arc::new(Everything::new());
    let mut line = Line::start(config, |_| judge.clone() as Arc<dyn Judge>).await?;
    let start = Instant::now();
    let (mut sent, mut arrived) = (0u64, 0u64);
    let mut bytes = vec![0u8; MESSAGE];
    while arrived < MESSAGES {
        while sent < MESSAGES && sent - arrived < WINDOW {
            // Fresh content each time: compressing or deduplicating transports would cheat otherwise.
            for (i, word) in bytes.chunks_exact_mut(8).enumerate() {
                word.copy_from_slice(&mix(sent << 16 | i as u64).to_le_bytes());
            }
            match line.first.publish(Topic::Receipts, bytes.clone()).await {
                Ok(Published::Sent) => sent += 1,
                Ok(_) => return Err(eyre!("the first node has lost the second")),
                Err(MeshError::Busy(_)) => break,
                Err(error) => return Err(error.into()),
            }
        }
        line.next().await.wrap_err_with(|| format!("{arrived} of {sent} messages arrived"))?;
        arrived += 1;
        arrived += line.ready();
    }
    let seconds = start.elapsed().as_secs_f64();
    line.stop().await?;
    Ok(MESSAGES as f64 / seconds)
}

/// splitmix64.
fn mix(n: u64) -> u64 {
    let z = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z ^ (z >> 27)
}

/// Milliseconds from publishing at the first node to arrival at the third, which the middle one forwards only after the
/// pairing; and to the third one's own positive verdict.
async fn paced(verifier: &ReceiptVerifier, made: &[Receipt]) -> Result<(Vec<f64>, Vec<f64>)> {
    let roots = Roots::of(made);
    let epoch = Instant::now();
    let real = || ReceiptJudge::new(verifier.clone(), roots.clone());
    let judges: Vec<Arc<Repeats>> = (0..3).map(|_| Arc::new(Repeats::new(real(), epoch))).collect();
    let mut line = Line::start(config, |i| judges[i].clone() as Arc<dyn Judge>).await?;
    let encoded: Vec<Vec<u8>> = made.iter().map(Receipt::encode).collect();
    let client = line.first.clone();
    let send = async {
        let mut tick = tokio::time::interval(Duration::from_secs(1) / RATE as u32);
        for (n, receipt) in (0..PACED).zip(encoded.iter().cycle()) {
            tick.tick().await;
            let stamp = epoch.elapsed().as_micros() as u64;
            let published = client.publish(Topic::Receipts, judge::stamped(stamp, n, receipt)).await?;
            ensure!(published == Published::Sent, "the first node has lost the second");
        }
        Ok(())
    };
    let receive = async {
        let mut delivered = Vec::new();
        while (delivered.len() as u64) < PACED {
            let MeshEvent::Receipt(verified) = line.next().await? else { continue };
            let (stamp, _) = judge::stamp_of(&verified.receipt);
            delivered.push((epoch.elapsed().as_micros() as u64).saturating_sub(stamp) as f64 / 1e3);
        }
        Ok(delivered)
    };
    let ((), delivered) = tokio::try_join!(send, receive)?;
    line.stop().await?;
    Ok((judges[2].arrivals(), delivered))
}

/// Receipts per second that one node verifies when more are waiting than it can take.
async fn verify(verifier: &ReceiptVerifier, made: &[Receipt]) -> Result<f64> {
    let judge = Arc::new(ReceiptJudge::new(verifier.clone(), Roots::of(made)));
    let node = line::single(config(), judge)?;
    let encoded: Vec<Vec<u8>> = made.iter().map(Receipt::encode).collect();
    let mut open = tokio::task::JoinSet::new();
    let mut next = encoded.iter().cycle().cloned();
    let start = Instant::now();
    let (mut begun, mut done) = (0, 0);
    while done < VERIFIED {
        while begun < VERIFIED && open.len() < WAITING {
            let (client, bytes) = (node.client.clone(), next.next().unwrap_or_default());
            open.spawn(async move { client.verify(bytes).await });
            begun += 1;
        }
        let verdict = open.join_next().await.ok_or_else(|| eyre!("no verdict is on its way"))??;
        verdict?.wrap_err("a node refuses a valid receipt")?;
        done += 1;
    }
    let seconds = start.elapsed().as_secs_f64();
    node.stop().await?;
    Ok(VERIFIED as f64 / seconds)
}

/// The smallest value that at least this share of all does not exceed.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn a_quantile_is_the_value_at_its_rank() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!((quantile(&values, 0.5), quantile(&values, 0.99)), (100.0, 198.0));
        assert_eq!(quantile(&[7.0], 0.99), 7.0);
    }
}
