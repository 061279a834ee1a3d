//! Frames on a stream: bounded before they are read, nothing after them.

use std::io;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::StreamProtocol;
use libp2p::request_response::Codec;

use super::message::{FRAME_HEAD, FrameError, Request, Response, head};

/// Reads and writes one question and its answer. A codec is cloned for each exchange, and remembers the question, so
/// that an answer is bounded by what was asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExchangeCodec {
    asked: u8,
}

fn refused(error: FrameError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// Reads a frame whose length `bound` allows, and the end of the stream. Memory grows with what arrives, not with what is
/// announced.
async fn read_frame<T: AsyncRead + Unpin + Send>(
    io: &mut T,
    bound: impl Fn(u8, u64) -> Result<usize, FrameError>,
) -> io::Result<Vec<u8>> {
    let mut first = [0; FRAME_HEAD];
    io.read_exact(&mut first).await?;
    let (kind, length) = head(first);
    let length = bound(kind, length).map_err(refused)?;
    let mut bytes = first.to_vec();
    // One more than announced, to see whether the stream ends there.
    io.take(length as u64 + 1).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

impl Codec for ExchangeCodec {
    type Protocol = StreamProtocol;
    type Request = Request;
    type Response = Response;

    async fn read_request<T>(&mut self, _: &Self::Protocol, io: &mut T) -> io::Result<Self::Request>
    where
        T: AsyncRead + Unpin + Send,
    {
        let bytes = read_frame(io, Request::payload_len).await?;
        let request = Request::decode(&bytes).map_err(refused)?;
        self.asked = request.kind();
        Ok(request)
    }

    async fn read_response<T>(&mut self, _: &Self::Protocol, io: &mut T) -> io::Result<Self::Response>
    where
        T: AsyncRead + Unpin + Send,
    {
        let asked = self.asked;
        let bytes = read_frame(io, |kind, length| Response::payload_len(asked, kind, length)).await?;
        Response::decode(asked, &bytes).map_err(refused)
    }

    async fn write_request<T>(
        &mut self,
        _: &Self::Protocol,
        io: &mut T,
        request: Self::Request,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        self.asked = request.kind();
        io.write_all(&request.encode()).await
    }

    async fn write_response<T>(
        &mut self,
        _: &Self::Protocol,
        io: &mut T,
        response: Self::Response,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&response.encode(self.asked)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use futures::io::Cursor;

    const NAME: StreamProtocol = StreamProtocol::new(super::super::PROTOCOL);

    /// A stream that announces much and never sends it, counting what is asked of it.
    struct Endless(u64);

    impl AsyncRead for Endless {
        fn poll_read(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            buf: &mut [u8],
        ) -> std::task::Poll<io::Result<usize>> {
            buf.fill(0xff);
            self.0 += buf.len() as u64;
            std::task::Poll::Ready(Ok(buf.len()))
        }
    }

    #[test]
    fn an_exchange_passes_and_the_answer_must_fit_the_question() {
        let (mut client, mut server) = (ExchangeCodec::default(), ExchangeCodec::default());
        let request = Request::Receipt([7; 32].into());
        let mut wire = Cursor::new(Vec::new());
        block_on(client.write_request(&NAME, &mut wire, request.clone())).unwrap();
        wire.set_position(0);
        assert_eq!(block_on(server.read_request(&NAME, &mut wire)).unwrap(), request);
        let mut wire = Cursor::new(Vec::new());
        block_on(server.write_response(&NAME, &mut wire, Response::Found(vec![1, 2]))).unwrap();
        wire.set_position(0);
        assert_eq!(block_on(client.read_response(&NAME, &mut wire)).unwrap(), Response::Found(vec![1, 2]));

        let other = Response::Found(vec![0; 70_000]).encode(Request::Blob([0; 32].into()).kind());
        let error = block_on(client.read_response(&NAME, &mut Cursor::new(other))).unwrap_err();
        assert!(error.to_string().contains("unexpected frame of kind 0x84"), "{error}");
    }

    #[test]
    fn trailing_bytes_are_refused() {
        let mut bytes = Request::Recent(5).encode();
        bytes.push(0);
        let error =
            block_on(ExchangeCodec::default().read_request(&NAME, &mut Cursor::new(bytes))).unwrap_err();
        assert!(error.to_string().contains("announces 2 bytes"), "{error}");
    }

    #[test]
    fn an_endless_stream_is_read_no_further_than_its_head() {
        let mut endless = Endless(0);
        assert!(block_on(ExchangeCodec::default().read_request(&NAME, &mut endless)).is_err());
        assert_eq!(endless.0, FRAME_HEAD as u64);
    }
}
