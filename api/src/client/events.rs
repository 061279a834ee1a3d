//! The event stream as the client reads it.

use std::collections::VecDeque;

use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::Response;

use super::ClientError;
use crate::types::Event;

/// Longest event that is read.
const MAX_EVENT: usize = 64 << 10;

/// Events of one node, in order. Comments (keep-alives) are skipped.
pub struct Events {
    url: String,
    bytes: BoxStream<'static, Result<Vec<u8>, String>>,
    buffer: Vec<u8>,
    ready: VecDeque<Event>,
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Events({})", self.url)
    }
}

impl Events {
    pub(super) fn new(url: String, response: Response) -> Self {
        let bytes = response
            .bytes_stream()
            .map(|chunk| chunk.map(|bytes| bytes.to_vec()).map_err(|error| super::innermost(&error)))
            .boxed();
        Self { url, bytes, buffer: Vec::new(), ready: VecDeque::new() }
    }

    /// The next event; `None` when the node closed the stream. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<Event, ClientError>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            let chunk = match self.bytes.next().await? {
                Ok(chunk) => chunk,
                Err(reason) => return Some(Err(ClientError::Unreachable { url: self.url.clone(), reason })),
            };
            self.buffer.extend_from_slice(&chunk);
            if let Err(error) = self.parse() {
                return Some(Err(error));
            }
        }
    }

    /// Takes the whole events out of the buffer.
    fn parse(&mut self) -> Result<(), ClientError> {
        let wrong = |reason: String| ClientError::Answer { url: self.url.clone(), reason };
        while let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
            let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
            let text = String::from_utf8_lossy(&block);
            let data: Vec<&str> =
                text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim_start).collect();
            if data.is_empty() {
                continue;
            }
            match serde_json::from_str::<Event>(&data.join("\n")) {
                Ok(event) => self.ready.push_back(event),
                // A newer node has kinds of events that this client does not know.
                Err(error) if error.to_string().contains("unknown variant") => {}
                Err(error) => return Err(wrong(error.to_string())),
            }
        }
        if self.buffer.len() > MAX_EVENT {
            return Err(ClientError::TooLarge { url: self.url.clone(), limit: MAX_EVENT });
        }
        Ok(())
    }
}
