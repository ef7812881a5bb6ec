//! A folder of files, and the binary that checks it.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

pub(crate) use crate::support::ran::Ran;

/// A Service that AKO 1.9.3 cannot serve; the fault is at line 6, columns 16 to 20.
pub(crate) const FAULTY: &str = "\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: LoadBalancer
  ipFamilies: [IPv6]
  ports:
  - {port: 80}
";

/// The rule that finds it.
pub(crate) const RULE: &str = "ako/ipv6-vip-on-load-balancer";

/// The same Service without a fault.
pub(crate) fn clean() -> String {
    FAULTY.replace("IPv6", "IPv4")
}

/// AKO's configuration, which gives some rules what they need.
pub(crate) const CONFIG: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: avi-k8s-config, namespace: avi-system}
data:
  ipFamily: V4
  cniPlugin: calico
";

impl Ran {
    /// The JSON on standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// `file:line:column-endLine:endColumn rule` of every finding.
    pub(crate) fn places(&self) -> Vec<String> {
        let place = |finding: &Value| {
            let source = &finding["source"];
            let numbers = ["line", "column", "endLine", "endColumn"].map(|key| source[key].to_string());
            let [line, column, end_line, end_column] = numbers;
            let (file, rule) = (source["file"].as_str().unwrap(), finding["rule"].as_str().unwrap());
            format!("{file}:{line}:{column}-{end_line}:{end_column} {rule}")
        };
        self.json()["findings"].as_array().unwrap().iter().map(place).collect()
    }

    /// `file:line:column message` of everything that could not be read.
    pub(crate) fn unreadable(&self) -> Vec<String> {
        let line = |entry: &Value| {
            let text = |key: &str| entry[key].as_str().unwrap().to_owned();
            format!("{}:{}:{} {}", text("file"), entry["line"], entry["column"], text("message"))
        };
        self.json()["unreadable"].as_array().unwrap().iter().map(line).collect()
    }
}

/// A folder of its own, in which the binary runs.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// A folder with these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self(TempDir::new().unwrap());
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs `ako-gate` in the folder.
    pub(crate) fn run(&self, arguments: &[impl AsRef<OsStr>], input: &str) -> Ran {
        self.run_program(env!("CARGO_BIN_EXE_ako-gate"), arguments, input)
    }

    /// Runs another program in the folder.
    pub(crate) fn run_program(&self, program: &str, arguments: &[impl AsRef<OsStr>], input: &str) -> Ran {
        Ran::of(Command::new(program).args(arguments).current_dir(self.0.path()), input)
    }

    /// Runs `ako-gate check` for AKO 1.9.3 on vCenter.
    pub(crate) fn check(&self, arguments: &[&str]) -> Ran {
        let known = ["check", "--profile", "ako=1.9.3", "--profile", "akoCloud=CLOUD_VCENTER"];
        self.run(&[&known[..], arguments].concat(), "")
    }

    /// The same with JSON as output.
    pub(crate) fn check_json(&self, arguments: &[&str]) -> Ran {
        self.check(&[&["--format", "json"][..], arguments].concat())
    }
}
