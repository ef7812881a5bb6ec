//! The port of probes and scrapes, which anybody may reach as well.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use super::harm::connections;
use super::honest::Target;
use crate::support::control_plane::within;

/// Connections that say nothing, or half a request with much in it.
const IDLE: usize = 2_000;
/// What the gate keeps of them, and those that are on their way out.
const KEPT: usize = 128 + 64;

fn is_open(mut stream: &TcpStream) -> bool {
    loop {
        match stream.read(&mut [0; 256]) {
            Ok(1..) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
            Ok(0) | Err(_) => return false,
        }
    }
}

#[test]
fn who_waits_at_the_admin_port_keeps_nobody_out() {
    let target = Target::start();
    let half = [b"GET /metrics HTTP/1.1\r\nX: ", [b'x'; 8000].as_slice()].concat();
    for said in [&half[..], b""] {
        let open: Vec<TcpStream> = (0..connections(IDLE))
            .map(|_| {
                let mut stream = TcpStream::connect(target.gate.admin).unwrap();
                // it may have been asked to leave by now
                let _ = stream.write_all(said);
                stream.set_nonblocking(true).unwrap();
                stream
            })
            .collect();
        assert!(target.gate.is_ready(), "a probe is answered");
        within(60, "all but a few are gone", || open.iter().filter(|stream| is_open(stream)).count() <= KEPT);
        assert!(target.gate.is_ready(), "a probe is answered");
    }
}
