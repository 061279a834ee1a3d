//! The relayer as its user sees it: bond, service, status, a node that is not there, a clean end.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use common::{Home, Node};

/// One HTTP exchange: status and body.
fn get(address: &str, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split_whitespace().nth(1)?.parse().ok()?, body.to_owned()))
}

#[test]
fn a_relayer_pays_in_runs_says_what_it_lacks_and_stops_cleanly() {
    let home = Home::new();
    let devnet = Node::devnet(&home);
    let chain = ["--rpc-url", devnet.url.as_str()];
    let with = |args: &[&'static str]| [args, &chain[..]].concat();
    home.run(with(&["relayer", "bond"])).fails(1, "nonos chain deploy");
    home.run(with(&["chain", "deploy", "--quiet"])).success();

    let bond = home.run(with(&["relayer", "bond", "--json"])).success().json();
    assert_eq!((bond["free_wei"].as_str(), bond["batches"].as_str()), (Some("0"), Some("0")));
    let bond = home.run(with(&["relayer", "deposit", "1.5", "--json"])).success().json();
    assert_eq!(bond["free_wei"], "1500000000000000000");
    let bond = home.run(with(&["relayer", "withdraw", "0.5", "--json"])).success().json();
    assert_eq!(
        (bond["free_wei"].as_str(), bond["batches"].as_str()),
        (Some("1000000000000000000"), Some("10"))
    );
    home.run(with(&["relayer", "withdraw", "2"])).fails(1, "FreeBondTooSmall");
    home.run(with(&["relayer", "deposit", "much"])).fails(2, "expected an amount of ether");

    // A free port for a moment is good enough here.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let flags = ["relayer", "run", "--node", "http://127.0.0.1:9", "--http", &address];
    let mut service = home
        .command(flags.iter().copied().chain(chain))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = None;
    for _ in 0..600 {
        said = get(&address, "/readyz");
        if said.as_ref().is_some_and(|(_, text)| text.contains("collect: ")) {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let (status, text) = said.expect("the status server answers");
    assert_eq!(status, 503);
    assert!(text.contains("http://127.0.0.1:9") && text.contains("is the node running?"), "{text}");
    let (_, metrics) = get(&address, "/metrics").unwrap();
    assert!(metrics.contains("nonos_relayer_queue{place=\"queued\"} 0"), "{metrics}");
    let (_, status) = get(&address, "/v1/status").unwrap();
    assert!(status.contains("\"chainId\":31337"), "{status}");

    // SAFETY: sends a signal to a child that was not waited for yet.
    assert_eq!(unsafe { libc::kill(service.id() as i32, libc::SIGTERM) }, 0);
    assert_eq!(service.wait().unwrap().code(), Some(0));
    home.run(with(&["relayer", "run", "--http", "0.0.0.0:0"])).fails(1, "not a loopback address");
}
