//! The real binary, serving without a cluster, for tests that send it signals.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::control_plane::{free_port, within};

/// `ako-gate serve --standalone`. It is killed when this is dropped.
pub struct Running {
    child: Child,
    folder: TempDir,
    pub https: SocketAddr,
    pub admin: SocketAddr,
}

impl Running {
    /// Starts it on a free port of `ip`, with the certificate and key of `folder`, and waits until it is ready.
    pub fn start(ip: &str, certificates: &Path, arguments: &[&str]) -> Self {
        Self::start_in(ip, certificates, arguments, &[])
    }

    /// The same, with further variables in its environment.
    pub fn start_in(ip: &str, certificates: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let ip: IpAddr = ip.parse().unwrap();
        // somebody else may take the port that was free a moment ago
        for _ in 0..5 {
            let mut running = Self::spawn(ip, certificates, arguments, variables);
            within(60, "the gate is ready", || {
                running.is_ready() || running.child.try_wait().unwrap().is_some()
            });
            if running.child.try_wait().unwrap().is_none() {
                return running;
            }
            assert!(running.log().contains("failed to listen"), "the gate ended: {}", running.log());
        }
        panic!("no port is free");
    }

    fn spawn(ip: IpAddr, certificates: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let (https, admin) = (SocketAddr::new(ip, free_port()), SocketAddr::new(ip, free_port()));
        let folder = TempDir::new().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_ako-gate"))
            .args([
                "serve",
                "--standalone",
                "--listen",
                &https.to_string(),
                "--admin-listen",
                &admin.to_string(),
            ])
            .arg("--tls-cert-file")
            .arg(certificates.join("tls.crt"))
            .arg("--tls-key-file")
            .arg(certificates.join("tls.key"))
            .args(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stderr(File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        Self { child, folder, https, admin }
    }

    /// The gate's own process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap()
    }

    /// The answer to a GET on the admin port.
    pub fn admin_get(&self, path: &str) -> Option<String> {
        // all addresses are those of this machine
        let mut address = self.admin;
        if address.ip().is_unspecified() {
            address.set_ip("::1".parse().unwrap());
        }
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(20)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    pub fn is_ready(&self) -> bool {
        self.admin_get("/readyz").is_some_and(|answer| answer.starts_with("HTTP/1.1 200 "))
    }

    /// Sends it a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for its end; the exit code.
    pub fn wait(&mut self) -> Option<i32> {
        let mut code = None;
        within(60, "the gate ends", || {
            code = self.child.try_wait().unwrap();
            code.is_some()
        });
        code.unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
