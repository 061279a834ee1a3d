//! What happened, for whoever listens: bounded, and slow readers are told what they missed.

use nonos_api::types::Event;
use tokio::sync::broadcast;

/// Events kept for the slowest reader.
const KEPT: usize = 1024;

/// Where events go in.
#[derive(Clone)]
pub struct Events(broadcast::Sender<Event>);

impl Default for Events {
    fn default() -> Self {
        Self(broadcast::channel(KEPT).0)
    }
}

impl Events {
    /// Tells everybody who listens now.
    pub fn tell(&self, event: Event) {
        // Nobody listening is no failure.
        let _ = self.0.send(event);
    }

    /// From now on.
    pub fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }

    /// Readers.
    pub fn readers(&self) -> usize {
        self.0.receiver_count()
    }
}

/// Where events come out.
pub struct Listener(broadcast::Receiver<Event>);

impl Listener {
    /// The next event, or the notice that some were dropped; `None` at the end.
    pub async fn next(&mut self) -> Option<Event> {
        match self.0.recv().await {
            Ok(event) => Some(event),
            Err(broadcast::error::RecvError::Lagged(missed)) => Some(Event::Lag { missed }),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_reader_is_told_what_it_missed_and_goes_on() {
        let events = Events::default();
        let mut listener = events.listen();
        let total = KEPT as u64 + 10;
        for head in 0..total {
            events.tell(Event::Chain { head, reachable: true });
        }
        assert_eq!(listener.next().await, Some(Event::Lag { missed: 10 }));
        assert_eq!(listener.next().await, Some(Event::Chain { head: 10, reachable: true }));
    }
}
