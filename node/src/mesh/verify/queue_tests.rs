//! Bounds, order and fairness of the queue.

use super::*;

fn queue(length: usize, bytes: usize) -> Queue {
    Queue::new(&MeshLimits { queue_length: length, queue_bytes: bytes, ..Default::default() })
}

fn job(peer: PeerId, size: usize) -> Job {
    Job { payload: Payload::Receipt(vec![0; size]), source: Source::Gossip(peer), ticket: None, reply: None }
}

#[test]
fn length_and_bytes_are_bounded() {
    let (queue, peer) = (queue(3, 100), PeerId::random());
    for _ in 0..3 {
        assert!(queue.push(Level::New, 9, job(peer, 20)).is_ok());
    }
    assert_eq!(queue.push(Level::New, 9, job(peer, 1)).unwrap_err().0, Refused::Full);
    assert_eq!(queue.take(1).unwrap().len(), 1);
    assert_eq!(queue.push(Level::New, 9, job(peer, 61)).unwrap_err().0, Refused::Full, "by bytes");
    assert!(queue.push(Level::New, 9, job(peer, 60)).is_ok());
    assert_eq!(queue.depth(), (3, 100));
}

#[test]
fn a_peer_has_a_share_and_gets_it_back() {
    let (queue, peer, other) = (queue(10, 1_000), PeerId::random(), PeerId::random());
    for _ in 0..2 {
        assert!(queue.push(Level::New, 2, job(peer, 1)).is_ok());
    }
    assert_eq!(queue.push(Level::New, 2, job(peer, 1)).unwrap_err().0, Refused::Share);
    assert!(queue.push(Level::New, 2, job(other, 1)).is_ok());
    assert_eq!(queue.take(64).unwrap().len(), 3);
    assert!(queue.push(Level::New, 2, job(peer, 1)).is_ok());
}

#[test]
fn a_better_level_pushes_out_the_newest_of_the_worst() {
    let queue = queue(3, 1_000);
    let [new, known, trusted] = [PeerId::random(), PeerId::random(), PeerId::random()];
    for size in [1, 2] {
        assert!(queue.push(Level::New, 9, job(new, size)).is_ok());
    }
    assert!(queue.push(Level::Known, 9, job(known, 3)).is_ok());
    let out = queue.push(Level::Trusted, 9, job(trusted, 4)).unwrap();
    assert_eq!(out.iter().map(|job| job.payload.len()).collect::<Vec<_>>(), [2]);
    assert_eq!(queue.push(Level::New, 9, job(new, 5)).unwrap_err().0, Refused::Full);
    let order: Vec<_> = (0..3).map(|_| queue.take(64).unwrap()[0].payload.len()).collect();
    assert_eq!(order, [4, 3, 1]);
}

#[test]
fn who_is_pushed_out_in_vain_goes_back() {
    let (queue, new, trusted) = (queue(9, 100), PeerId::random(), PeerId::random());
    assert!(queue.push(Level::Trusted, 9, job(trusted, 60)).is_ok());
    for size in [10, 20] {
        assert!(queue.push(Level::New, 9, job(new, size)).is_ok());
    }
    assert_eq!(queue.push(Level::Known, 9, job(trusted, 50)).unwrap_err().0, Refused::Full);
    assert_eq!(queue.depth(), (3, 90));
    queue.take(64).unwrap();
    let sizes: Vec<_> = queue.take(64).unwrap().iter().map(|job| job.payload.len()).collect();
    assert_eq!(sizes, [10, 20], "in their old order");
}

#[test]
fn levels_do_not_mix_and_the_worst_is_served_now_and_then() {
    let queue = queue(100, 1_000);
    for (level, size) in [(Level::Trusted, 1), (Level::New, 3)] {
        for _ in 0..8 {
            assert!(queue.push(level, 99, job(PeerId::random(), size)).is_ok());
        }
    }
    let takes: Vec<usize> = (0..8)
        .map(|_| {
            let jobs = queue.take(1).unwrap();
            jobs[0].payload.len()
        })
        .collect();
    assert_eq!(takes, [1, 1, 1, 3, 1, 1, 1, 3]);
}

#[test]
fn closing_wakes_everybody() {
    let queue = queue(4, 100);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| queue.take(1).is_none());
        queue.close();
        assert!(waiting.join().unwrap());
    });
    assert_eq!(queue.push(Level::New, 9, job(PeerId::random(), 1)).unwrap_err().0, Refused::Closed);
}
