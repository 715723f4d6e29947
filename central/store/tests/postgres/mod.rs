//! A PostgreSQL of its own for a test: made, started, thrown away.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian keeps its programs.
const DEBIAN: &str = "/usr/lib/postgresql/15/bin";

/// A cluster in a folder, reached by a socket there.
pub(crate) struct Cluster {
    folder: tempfile::TempDir,
    port: u16,
}

impl Cluster {
    pub(crate) fn start() -> Cluster {
        let folder = tempfile::Builder::new().prefix("pg").tempdir().expect("a folder");
        // The port is only a name here: nobody listens but on the socket in the folder.
        let cluster = Cluster { folder, port: 5_432 };
        if is_root() {
            // PostgreSQL refuses to run as root.
            run(Command::new("chown").arg("nobody").arg(cluster.folder.path()));
        }
        let data = cluster.data();
        run(as_nobody("initdb")
            .args(["--auth=trust", "--username=test", "--no-sync", "--encoding=UTF8", "--locale=C", "-D"])
            .arg(&data));
        let options = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c port={}",
            cluster.folder.path().display(),
            cluster.port
        );
        let log = cluster.folder.path().join("log");
        run(as_nobody("pg_ctl")
            .args(["--wait", "-o", &options, "-l"])
            .arg(log)
            .arg("-D")
            .arg(&data)
            .arg("start"));
        cluster
    }

    pub(crate) fn url(&self) -> String {
        let folder = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://test@{folder}:{}/postgres", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = as_nobody("pg_ctl");
        let _stopped = stop.args(["-m", "immediate", "-D"]).arg(self.data()).arg("stop").output();
    }
}

fn program(name: &str) -> PathBuf {
    let debian = Path::new(DEBIAN).join(name);
    if debian.exists() { debian } else { PathBuf::from(name) }
}

fn as_nobody(name: &str) -> Command {
    if !is_root() {
        return Command::new(program(name));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(program(name));
    command
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|of| of.uid() == 0)
}

fn run(command: &mut Command) {
    let done = command.current_dir("/").output().unwrap_or_else(|err| panic!("{command:?}: {err}"));
    let said = String::from_utf8_lossy(&done.stderr).into_owned() + &String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{command:?}: {said}");
}
