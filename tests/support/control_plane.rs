//! A real API server for tests, and the gate in front of it.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The folder of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether the tests against a real API server are left out, which is said aloud.
pub fn is_left_out() -> bool {
    let left_out = std::env::var("AKO_GATE_SKIP_API_SERVER").is_ok_and(|value| value == "1");
    if left_out {
        println!("left out, as AKO_GATE_SKIP_API_SERVER says: the tests against a real API server");
    }
    left_out
}

/// An etcd and a kube-apiserver of their own. They end when this is dropped, or when the process does.
pub struct ControlPlane {
    up: Child,
    said: Mutex<BufReader<ChildStdout>>,
    folder: TempDir,
    kubectl: PathBuf,
    /// The administrator's kubeconfig as `up.sh` wrote it.
    pristine: String,
}

impl ControlPlane {
    /// Starts the release `version` with AKO's kinds, and with the rights a gate has.
    pub fn start(version: &str) -> Self {
        Self::start_with(version, &[])
    }

    /// The same, with further flags for kube-apiserver.
    pub fn start_with(version: &str, flags: &[&str]) -> Self {
        let plane = Self::bare_with(version, "10.96.0.0/16,fd00:10:96::/108", flags);
        plane.must(&["apply", "-f", "tests/crds"]);
        plane.must(&["wait", "--for=condition=Established", "--timeout=30s", "crd", "--all"]);
        plane.must(&["apply", "-f", "manifests/base/namespace.yaml"]);
        for file in ["rbac", "rbac-certificate", "rbac-probe"] {
            plane.must(&["apply", "-f", &format!("manifests/base/{file}.yaml")]);
        }
        plane
    }

    /// Starts one with these ranges for Services, and nothing in it.
    pub fn bare(version: &str, ranges: &str) -> Self {
        Self::bare_with(version, ranges, &[])
    }

    fn bare_with(version: &str, ranges: &str, flags: &[&str]) -> Self {
        let ready = std::env::var_os("KUBEBUILDER_ASSETS").filter(|_| version == "1.36.3").map(PathBuf::from);
        let assets = ready.unwrap_or_else(|| root().join("target/control-plane").join(version));
        assert!(
            assets.join("kube-apiserver").exists(),
            "{} is not built: make control-plane",
            assets.display()
        );
        let folder = TempDir::new().unwrap();
        let mut up = Command::new(root().join("tests/control-plane/up.sh"))
            .args([
                "--assets".as_ref(),
                assets.as_os_str(),
                "--dir".as_ref(),
                folder.path().join("c").as_os_str(),
                "--service-ranges".as_ref(),
                ranges.as_ref(),
                "--".as_ref(),
            ])
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut line, mut said) = (String::new(), BufReader::new(up.stdout.take().unwrap()));
        said.read_line(&mut line).unwrap();
        assert!(line.starts_with("ready "), "the API server did not start: {line:?}");
        let pristine = fs::read_to_string(folder.path().join("c/kubeconfig")).unwrap();
        Self { up, said: Mutex::new(said), folder, kubectl: assets.join("kubectl"), pristine }
    }

    /// The folder of the servers: their logs, and what they write by relative paths.
    pub fn dir(&self) -> PathBuf {
        self.folder.path().join("c")
    }

    /// The folder with kubectl in it.
    pub fn kubectl_folder(&self) -> &Path {
        self.kubectl.parent().unwrap()
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.dir().join("kubeconfig")
    }

    /// Kills `server`, `etcd` or `all`, starts it again after so many seconds, and waits until the API server is ready.
    pub fn restart(&self, what: &str, seconds: u32) {
        let mut input = self.up.stdin.as_ref().unwrap();
        writeln!(input, "restart {what} {seconds}").unwrap();
        let mut line = String::new();
        self.said.lock().unwrap().read_line(&mut line).unwrap();
        assert_eq!(line, format!("restarted {what}\n"));
        within(120, "it is back", || {
            self.kubectl(&["get", "--raw", "/readyz", "--request-timeout=5s"], "").status.success()
        });
    }

    /// A kubeconfig with the permissions an installed gate has, and no more.
    pub fn gate_kubeconfig(&self) -> PathBuf {
        self.kubeconfig_of("ako-gate")
    }

    /// A kubeconfig with the permissions of this account in the gate's namespace.
    pub fn kubeconfig_of(&self, account: &str) -> PathBuf {
        let token = self.must(&["create", "token", account, "-n", "ako-gate-system", "--duration=2h"]);
        let (before, rest) = self.pristine.split_once("token: \"").unwrap();
        let (_, after) = rest.split_once('"').unwrap();
        let own = format!("{before}token: \"{}\"{after}", token.trim());
        let path = self.folder.path().join(format!("{account}.kubeconfig"));
        fs::write(&path, own).unwrap();
        path
    }

    /// Runs kubectl as the administrator, with `input` on its standard input.
    pub fn kubectl(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(&self.kubectl)
            .args(arguments)
            .current_dir(root())
            .env("KUBECONFIG", self.kubeconfig())
            .env("HOME", self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Runs kubectl, which must succeed; its standard output.
    pub fn must(&self, arguments: &[&str]) -> String {
        self.must_with(arguments, "")
    }

    /// Runs kubectl with input, which must succeed; its standard output.
    pub fn must_with(&self, arguments: &[&str], input: &str) -> String {
        let output = self.kubectl(arguments, input);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The folder with OpenReports' CRDs.
pub fn open_reports() -> PathBuf {
    in_module("tests/openreports", "github.com/openreports/reports-api").join("config/crd")
}

/// The folder with PolicyReport's CRDs.
pub fn policy_reports() -> PathBuf {
    in_module("tests/policyreport", "github.com/kyverno/kyverno").join("config/crds/policyreport")
}

/// The folder of a Go module that the one in `folder` needs.
fn in_module(folder: &str, module: &str) -> PathBuf {
    let go = |arguments: &[&str]| {
        let mut go = Command::new("go");
        go.args(arguments).current_dir(root().join(folder)).env("GOWORK", "off");
        go.stderr(Stdio::inherit()).output().unwrap()
    };
    assert!(go(&["mod", "download", module]).status.success(), "go mod download");
    let found = go(&["list", "-m", "-f", "{{.Dir}}", module]).stdout;
    PathBuf::from(String::from_utf8(found).unwrap().trim())
}

/// Repeats `condition` until it holds. It is asked once more after the last moment, since on a busy machine there may have
/// been none before.
pub fn within(seconds: u64, what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        let is_last = Instant::now() >= deadline;
        if condition() {
            return;
        }
        assert!(!is_last, "not within {seconds} s: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A free port on loopback, another one each time: below those that the system gives to outgoing connections, one of which
/// could have taken it by the time it is listened on.
pub fn free_port() -> u16 {
    static NEXT: LazyLock<AtomicU16> =
        LazyLock::new(|| (RandomState::new().hash_one(0) % 10_000).try_into().map(AtomicU16::new).unwrap());
    loop {
        let port = 10_000 + NEXT.fetch_add(1, Ordering::Relaxed) % 10_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The real binary, serving. It ends when this is dropped, or when the process does.
pub struct Served {
    child: Child,
    folder: TempDir,
    arguments: Vec<String>,
    pub port: u16,
    pub admin: u16,
}

impl Served {
    /// Starts `ako-gate serve` with these settings and further arguments.
    pub fn start(settings: &str, arguments: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("settings.yaml"), settings).unwrap();
        let (port, admin) = (free_port(), free_port());
        let address = |port: u16| format!("127.0.0.1:{port}");
        let own = ["--listen".to_owned(), address(port), "--admin-listen".to_owned(), address(admin)];
        let arguments = own.into_iter().chain(arguments.iter().map(ToString::to_string)).collect();
        let child = Self::spawn(&folder, &arguments);
        Self { child, folder, arguments, port, admin }
    }

    fn spawn(folder: &TempDir, arguments: &Vec<String>) -> Child {
        let log = fs::File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
        Command::new(root().join("tests/control-plane/tether.sh"))
            .args([env!("CARGO_BIN_EXE_ako-gate"), "serve", "--grace", "0", "--tls-san", "127.0.0.1"])
            .arg("--config")
            .arg(folder.path().join("settings.yaml"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// Ends it without a warning.
    pub fn kill(&mut self) {
        self.signal("KILL");
        let _ = self.child.wait();
    }

    /// Starts it again as it was started, after its end.
    pub fn start_again(&mut self) {
        self.child = Self::spawn(&self.folder, &self.arguments);
    }

    /// Puts other settings in place of the ones it was started with.
    pub fn set_settings(&self, settings: &str) {
        fs::write(self.folder.path().join("settings.yaml"), settings).unwrap();
    }

    /// The process that ends the gate when it is told to end.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// The status line and body of a GET on the admin port.
    pub fn admin_get(&self, path: &str) -> Option<(String, String)> {
        let address = SocketAddr::from(([127, 0, 0, 1], self.admin));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(20)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.lines().next()?.to_owned(), body.to_owned()))
    }

    /// Whether `/readyz` says so.
    pub fn is_ready(&self) -> bool {
        self.admin_get("/readyz").is_some_and(|(status, _)| status.contains(" 200 "))
    }

    /// Waits until it is ready.
    pub fn wait(&self) {
        within(120, "the gate is ready", || self.is_ready());
    }

    /// The process of the gate itself.
    pub fn gate_pid(&self) -> u32 {
        let mut found = None;
        within(60, "the gate runs", || {
            found = self.running_gate();
            found.is_some()
        });
        found.unwrap()
    }

    fn running_gate(&self) -> Option<u32> {
        let tether = self.child.id();
        let children = fs::read_to_string(format!("/proc/{tether}/task/{tether}/children")).ok()?;
        let is_gate =
            |pid: &&str| fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe.ends_with("ako-gate"));
        children.split_whitespace().find(is_gate)?.parse().ok()
    }

    /// Sends the gate itself a signal, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let gate = self.gate_pid().to_string();
        assert!(Command::new("kill").args(["-s", name, &gate]).status().unwrap().success());
    }

    /// Sends the first signal and waits for the end; the exit code.
    pub fn stop(mut self) -> Option<i32> {
        drop(self.child.stdin.take());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A gate that a control plane calls.
pub struct Installed<'a> {
    plane: &'a ControlPlane,
    pub gate: Served,
}

impl<'a> Installed<'a> {
    /// Starts a gate and registers the webhook configuration of `manifests/`, by address, since this API server
    /// reaches no Service.
    pub fn start(plane: &'a ControlPlane, settings: &str) -> Self {
        Self::start_with(plane, settings, &[])
    }

    /// The same, with further arguments for the gate.
    pub fn start_with(plane: &'a ControlPlane, settings: &str, arguments: &[&str]) -> Self {
        let installed = Self::start_patched(plane, settings, arguments, "");
        // the API server takes a moment to notice, and lets everything pass until then
        within(120, "the webhook is called", || installed.is_called());
        installed
    }

    /// The same with a further JSON patch operation on the configuration; it may not be called then.
    pub fn start_patched(
        plane: &'a ControlPlane,
        settings: &str,
        arguments: &[&str],
        operation: &str,
    ) -> Self {
        let kubeconfig = plane.gate_kubeconfig();
        let own = ["--kubeconfig", kubeconfig.to_str().unwrap()];
        let gate = Served::start(settings, &[&own, arguments].concat());
        let url = format!("https://127.0.0.1:{}/validate", gate.port);
        let comma = if operation.is_empty() { "" } else { "," };
        let patch = format!(
            r#"[{{"op":"remove","path":"/webhooks/0/clientConfig/service"}},{{"op":"add","path":"/webhooks/0/clientConfig/url","value":"{url}"}}{comma}{operation}]"#
        );
        let local = [
            "patch",
            "--local",
            "-f",
            "manifests/base/webhook.yaml",
            "-o",
            "yaml",
            "--type",
            "json",
            "-p",
            &patch,
        ];
        let configuration = plane.must(&local);
        plane.must_with(&["create", "-f", "-"], &configuration);
        let bundle = "jsonpath={.webhooks[0].clientConfig.caBundle}";
        let get = ["get", "validatingwebhookconfiguration", "ako-gate", "-o", bundle];
        within(120, "the caBundle is set", || !plane.must(&get).is_empty());
        gate.wait();
        Self { plane, gate }
    }

    fn is_called(&self) -> bool {
        let probe = "apiVersion: v1\nkind: Service\nmetadata: {name: probe, namespace: default}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n";
        self.plane.kubectl(&["create", "--dry-run=server", "-f", "-"], probe);
        self.gate.admin_get("/metrics").is_some_and(|(_, body)| body.contains("operation=\"CREATE\""))
    }
}

impl Drop for Installed<'_> {
    fn drop(&mut self) {
        let configuration = ["validatingwebhookconfiguration", "ako-gate"];
        self.plane.kubectl(&["delete", configuration[0], configuration[1]], "");
    }
}
