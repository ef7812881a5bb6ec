//! The webhook behind a real socket: handshakes, certificates that change, and the end of the process.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "what is left out is said aloud")]

mod support;

use std::fs;
use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::SystemTime;

use ako_gate::webhook::authority::{Authority as OwnAuthority, Lives};
use ako_gate::webhook::certificate::{self, Mounted, Served};
use ako_gate::webhook::server::{self, Ending};
use ako_gate::webhook::{router, tls as webhook_tls, trust};
use rustls::ProtocolVersion;
use rustls::version::{TLS12, TLS13};
use serde_json::{Value, json};
use support::control_plane::{root, within};
use support::door::Webhook;
use support::review;
use support::running::Running;
use support::tls::{self, Authority, Connection, head, usual_client};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

/// Whether this machine has IPv6; where it has not, what needs it is left out.
fn has_ipv6() -> bool {
    let has = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    if !has {
        println!("left out, as this machine has no IPv6: what listens on it");
    }
    has
}

/// A review that must be answered with a denial.
fn denied_review() -> String {
    let mut review = review::numbered("26");
    review["request"]["object"]["data"]["ipFamily"] = json!("V9");
    review.to_string()
}

fn is_denial(answer: &tls::Answer) -> bool {
    let review: Value = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"));
    answer.status == 200 && review["response"]["allowed"] == false
}

/// Serves with `served`, in this process; ends with the runtime.
fn serve(runtime: &tokio::runtime::Runtime, address: &str, served: Arc<certificate::Served>) -> SocketAddr {
    let router = router::router(Webhook::with_settings("").gate);
    let tls = TlsAcceptor::from(Arc::new(webhook_tls::config(served).unwrap()));
    let listener = runtime.block_on(tokio::net::TcpListener::bind(address)).unwrap();
    let at = listener.local_addr().unwrap();
    runtime.spawn(server::serve(listener, tls, router, Ending::default()));
    at
}

#[test]
fn an_api_server_can_shake_hands_with_what_the_gate_issues() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (now, lives) = (SystemTime::now(), Lives::default());
    let names = trust::names(&["127.0.0.1".to_owned(), "::1".to_owned()]);
    let issued = OwnAuthority::new(now, lives.authority).unwrap();
    let leaf = || Served::new(issued.issue(&names, now, lives.leaf).unwrap().key);
    let mut addresses = vec![serve(&runtime, "127.0.0.1:0", leaf())];
    if has_ipv6() {
        addresses.push(serve(&runtime, "[::1]:0", leaf()));
    }
    for address in addresses {
        let own = address.ip().to_string();
        for (version, named) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)] {
            let client = tls::client(issued.certificate_pem(), &[version]);
            for name in certificate::NAMES.into_iter().chain([own.as_str()]) {
                let mut connection = Connection::open(address, name, &client).unwrap();
                assert_eq!(connection.tls().protocol_version(), Some(named));
                assert_eq!(connection.tls().alpn_protocol(), Some(&b"http/1.1"[..]), "HTTP/2 is not spoken");
                // one connection for many reviews, as an API server does
                for _ in 0..2 {
                    assert!(is_denial(&connection.review(&denied_review()).unwrap()));
                }
            }
            assert!(
                Connection::open(address, "somebody.else.svc", &client).is_err(),
                "it is not for every name"
            );
        }
        let stranger = usual_client(&Authority::new().pem());
        assert!(Connection::open(address, &own, &stranger).is_err(), "another CA did not issue it");
    }
}

/// Puts `version` in place as kubelet does with a Secret: a directory of its own behind a symlink that is exchanged.
fn put(volume: &Path, version: &str, pair: (String, String)) {
    let folder = volume.join(version);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("tls.crt"), pair.0).unwrap();
    fs::write(folder.join("tls.key"), pair.1).unwrap();
    symlink(version, volume.join("..data_tmp")).unwrap();
    fs::rename(volume.join("..data_tmp"), volume.join("..data")).unwrap();
    for file in ["tls.crt", "tls.key"] {
        if !volume.join(file).exists() {
            symlink(Path::new("..data").join(file), volume.join(file)).unwrap();
        }
    }
}

#[test]
fn every_exchange_of_the_mounted_files_reaches_new_connections() {
    let (authority, volume) = (Authority::new(), TempDir::new().unwrap());
    put(volume.path(), "..first", authority.issue());
    let mounted = Mounted::new(&volume.path().join("tls.crt"), &volume.path().join("tls.key"));
    let served = mounted.serve().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let address = serve(&runtime, "127.0.0.1:0", Arc::clone(&served));
    runtime.spawn(async move { mounted.follow(&served).await });
    let client = usual_client(&authority.pem());
    let open = || Connection::open(address, "127.0.0.1", &client).unwrap();

    let mut oldest = open();
    // who asks for nothing is cut off soon
    oldest.review(&denied_review()).unwrap();
    let mut shown = vec![oldest.certificate()];
    // the first exchange is no proof: a watch of the old directory would see it too
    for version in ["..second", "..third"] {
        put(volume.path(), version, authority.issue());
        within(60, "the new certificate is served", || !shown.contains(&open().certificate()));
        shown.push(open().certificate());
        assert!(is_denial(&oldest.review(&denied_review()).unwrap()), "an open connection stays in use");
    }
}

#[test]
fn a_new_pair_that_cannot_be_used_leaves_the_old_one_in_service() {
    let (authority, volume) = (Authority::new(), TempDir::new().unwrap());
    put(volume.path(), "..first", authority.issue());
    let gate = Running::start("127.0.0.1", volume.path(), &[]);
    let client = usual_client(&authority.pem());
    let before = Connection::open(gate.https, "127.0.0.1", &client).unwrap().certificate();
    // half of an exchange: the certificate of one pair, the key of another
    put(volume.path(), "..second", (authority.issue().0, authority.issue().1));
    within(60, "the mistake is reported", || gate.log().contains("the new certificate cannot be used"));
    assert_eq!(Connection::open(gate.https, "127.0.0.1", &client).unwrap().certificate(), before);
}

/// What `ako-gate serve` says when it refuses to start with these files, in a folder.
fn refusal(files: &[(&str, &str)]) -> String {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_ako-gate"))
        .args(["serve", "--standalone", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
        .args(["--tls-cert-file", "tls.crt", "--tls-key-file", "tls.key"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    said
}

#[test]
fn files_that_cannot_be_used_stop_the_start_and_are_named() {
    let authority = Authority::new();
    let (certificate, key) = authority.issue();
    let (certificate, key) = (certificate.as_str(), key.as_str());
    let (_, other) = authority.issue();
    let broken = key.replace("BEGIN PRIVATE KEY-----\n", "BEGIN PRIVATE KEY-----\n!!!!");
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&[], "tls.crt"),
        (&[("tls.crt", certificate)], "tls.key"),
        (&[("tls.crt", ""), ("tls.key", key)], "tls.crt"),
        (&[("tls.crt", key), ("tls.key", key)], "tls.crt"),
        (&[("tls.crt", certificate), ("tls.key", "")], "tls.key"),
        (&[("tls.crt", certificate), ("tls.key", certificate)], "tls.key"),
        (&[("tls.crt", certificate), ("tls.key", &broken)], "tls.key"),
        (&[("tls.crt", certificate), ("tls.key", &other)], "do not belong together"),
    ];
    for (files, named) in cases {
        let said = refusal(files);
        assert!(said.starts_with("error: ") && said.contains(named), "{named}: {said}");
    }
}

/// A gate with a certificate of `authority`.
fn start(authority: &Authority, ip: &str, arguments: &[&str]) -> Running {
    let folder = TempDir::new().unwrap();
    authority.issue_to(folder.path());
    Running::start(ip, folder.path(), arguments)
}

#[test]
fn a_request_in_flight_is_finished_before_the_end() {
    let authority = Authority::new();
    let mut gate = start(&authority, "127.0.0.1", &["--grace", "0"]);
    let client = usual_client(&authority.pem());
    let mut idle = Connection::open(gate.https, "127.0.0.1", &client).unwrap();
    assert!(is_denial(&idle.review(&denied_review()).unwrap()));
    let mut busy = Connection::open(gate.https, "127.0.0.1", &client).unwrap();
    let body = denied_review();
    let (first, second) = body.as_bytes().split_at(body.len() / 2);
    busy.send(head(body.len()).as_bytes());
    busy.send(first);
    gate.signal("TERM");
    // an idle connection is closed at once, and nobody new is let in
    assert!(idle.is_closed());
    within(60, "the port is closed", || TcpStream::connect(gate.https).is_err());
    busy.send(second);
    let answer = busy.answer().unwrap();
    assert!(is_denial(&answer), "{answer:?}");
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
    assert_eq!(gate.wait(), Some(0), "{}", gate.log());
}

#[test]
fn between_the_first_signal_and_the_end_reviews_are_still_answered() {
    let authority = Authority::new();
    let mut gate = start(&authority, "127.0.0.1", &["--grace", "60"]);
    let client = usual_client(&authority.pem());
    gate.signal("INT");
    within(60, "the endpoint is withdrawn", || !gate.is_ready());
    assert!(gate.admin_get("/readyz").unwrap().ends_with("stopping\n"));
    assert!(gate.admin_get("/livez").unwrap().starts_with("HTTP/1.1 200 "), "a restart would not help");
    let mut late = Connection::open(gate.https, "127.0.0.1", &client).unwrap();
    let answer = late.review(&denied_review()).unwrap();
    assert!(is_denial(&answer), "{answer:?}");
    assert!(answer.head.contains("connection: close"), "the next review goes elsewhere: {}", answer.head);
    gate.signal("TERM");
    assert_eq!(gate.wait(), Some(130), "a second signal aborts: {}", gate.log());
}

#[test]
fn each_family_is_served_where_it_is_listened_on() {
    if !has_ipv6() {
        return;
    }
    let authority = Authority::new();
    let client = usual_client(&authority.pem());
    for (ip, v4, v6) in [("127.0.0.1", true, false), ("::1", false, true), ("::", true, true)] {
        let gate = start(&authority, ip, &[]);
        for (name, wanted) in [("127.0.0.1", v4), ("::1", v6)] {
            let address = SocketAddr::new(name.parse().unwrap(), gate.https.port());
            let answer =
                Connection::open(address, name, &client).and_then(|mut c| c.review(&denied_review()));
            assert_eq!(
                answer.is_ok_and(|answer| is_denial(&answer)),
                wanted,
                "{name} where {ip} is listened on"
            );
        }
    }
}

#[test]
fn the_log_level_changes_without_a_restart() {
    use std::io::{Read, Write};
    let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
    let file = folder.path().join("settings.yaml");
    let set = |log: &str| {
        // a reader must not see half of it
        let new = folder.path().join("new");
        fs::write(&new, format!("apiVersion: ako-gate/v1\nkind: Settings\n{log}\n")).unwrap();
        fs::rename(new, &file).unwrap();
    };
    set("log: error");
    let gate = start(&authority, "127.0.0.1", &["--config", file.to_str().unwrap()]);
    assert!(!gate.log().contains("serving"), "{}", gate.log());
    set("log: info");
    within(60, "it says so", || gate.log().contains("the new settings are in force"));
    assert!(!gate.log().contains("DEBUG"), "{}", gate.log());
    set("log: debug");
    within(60, "what is no handshake is logged", || {
        let mut stream = TcpStream::connect(gate.https).unwrap();
        let _ = stream.write_all(b"GET / HTTP/1.1\r\n\r\n");
        let _ = stream.read_to_end(&mut Vec::new());
        gate.log().contains("failed to shake hands")
    });
    set("log: loud");
    within(60, "a level that is none is refused", || gate.log().contains("is none of error, warn, info"));
}

#[test]
fn the_log_tells_who_was_denied_what_by_which_rule_and_no_more() {
    let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
    let file = folder.path().join("settings.yaml");
    let settings = "apiVersion: ako-gate/v1\nkind: Settings\nprofile: {ako: 1.9.3, akoCloud: CLOUD_VCENTER}\nlog: debug\n";
    fs::write(&file, settings).unwrap();
    let gate = start(&authority, "127.0.0.1", &["--log-json", "--config", file.to_str().unwrap()]);
    let client = usual_client(&authority.pem());
    let mut connection = Connection::open(gate.https, "127.0.0.1", &client).unwrap();
    for (number, verdict, level) in [("03", "denied", "INFO"), ("01", "warned", "DEBUG")] {
        let review = review::numbered(number);
        assert_eq!(connection.review(&review.to_string()).unwrap().status, 200);
        let request = &review["request"];
        let log = gate.log();
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut lines = lines.filter(|line| line["uid"] == request["uid"]);
        let line = lines.next().unwrap();
        assert_eq!((&line["verdict"], &line["level"]), (&verdict.into(), &level.into()), "{line}");
        let known = [&line["kind"], &line["namespace"], &line["name"], &line["user"]];
        let object = [&request["kind"]["kind"], &request["namespace"], &request["name"]];
        assert_eq!(known[..3], object);
        assert_eq!(known[3], &request["userInfo"]["username"]);
        assert!(line["rules"].as_str().unwrap().contains("ako/"), "{line}");
        assert_eq!(line.as_object().unwrap().len(), 11, "and nothing of the object: {line}");
    }
}

#[test]
fn what_is_no_handshake_harms_nobody() {
    use std::io::{ErrorKind, Read, Write};
    let authority = Authority::new();
    let gate = start(&authority, "127.0.0.1", &[]);
    for bytes in [&b"GET /validate HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01\xff\xff", b"\0\0\0\0"] {
        let mut stream = TcpStream::connect(gate.https).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
    // somebody who says nothing at all keeps nobody else waiting: he has not been cut off when others are answered
    within(60, "an answer while somebody is silent", || {
        let silent = TcpStream::connect(gate.https).unwrap();
        let client = usual_client(&authority.pem());
        let mut connection = Connection::open(gate.https, "127.0.0.1", &client).unwrap();
        assert!(is_denial(&connection.review(&denied_review()).unwrap()));
        silent.set_nonblocking(true).unwrap();
        (&silent).read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    });
}

#[test]
fn the_development_certificates_serve() {
    let folder = TempDir::new().unwrap();
    let script = Command::new(root().join("certs/dev.sh")).arg(folder.path()).output().unwrap();
    assert!(script.status.success(), "{}", String::from_utf8_lossy(&script.stderr));
    let gate = Running::start("127.0.0.1", folder.path(), &[]);
    let client = usual_client(&fs::read_to_string(folder.path().join("ca.crt")).unwrap());
    for name in certificate::NAMES.into_iter().chain(["localhost", "127.0.0.1", "::1"]) {
        let mut connection =
            Connection::open(gate.https, name, &client).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(is_denial(&connection.review(&denied_review()).unwrap()));
    }
    let mode = |file: &str| {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(folder.path().join(file)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode("ca.key"), mode("tls.key")), (0o600, 0o600));
    let ignored = fs::read_to_string(root().join(".gitignore")).unwrap();
    for pattern in ["/certs/*.key", "/certs/*.crt"] {
        assert!(
            ignored.lines().any(|line| line == pattern),
            "add {pattern} to .gitignore: certs/dev.sh writes there"
        );
    }
}
