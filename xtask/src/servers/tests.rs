use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;

use super::{Server, folder, postgres, redis};
use crate::shell;

/// The log of a server that says its process id and then waits for its end.
fn server() -> Server {
    let mut command = Command::new("sh");
    command.args(["-c", "echo $$; exec sleep 1000"]);
    Server::start(folder("test").unwrap(), "TERM", &command).unwrap()
}

fn says_its_id(server: &mut Server) -> String {
    let log = server.folder.join("log");
    let id = || std::fs::read_to_string(&log).unwrap_or_default().trim().to_owned();
    server.wait_ready(|| !id().is_empty()).unwrap();
    id()
}

fn runs(id: &str) -> bool {
    shell::works(Command::new("kill").args(["-0", id]))
}

#[test]
fn a_server_and_its_folder_go_with_us() {
    let mut server = server();
    let (id, folder) = (says_its_id(&mut server), server.folder.clone());
    assert!(runs(&id) && folder.exists());
    drop(server);
    assert!(!runs(&id) && !folder.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_group_that_is_told_to_end_leaves_no_server() {
    let mut server = server();
    let (id, folder) = (says_its_id(&mut server), server.folder.clone());
    // Whoever ends our group of processes tells the keeper, what it waits with, and the server.
    let keeper = server.keeper.id().to_string();
    let children = std::fs::read_to_string(format!("/proc/{keeper}/task/{keeper}/children")).unwrap();
    assert!(shell::works(Command::new("kill").args(["-TERM", &keeper]).args(children.split_whitespace())));
    server.keeper.wait().unwrap();
    assert!(!runs(&id) && !folder.exists());
}

#[test]
fn postgres_and_redis_start_and_go() {
    for start in [postgres::start, redis::start] {
        let (server, address) = match start() {
            Ok(started) => started,
            Err(error) if error.to_string().contains("is not installed") => {
                println!("skipped: {error}");
                continue;
            }
            Err(error) => panic!("{error:#}"),
        };
        let port = address.split([':', '/']).rev().find_map(|part| part.parse::<u16>().ok()).unwrap();
        let folder = server.folder.clone();
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok(), "{address}");
        drop(server);
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err(), "{address}");
        assert!(!folder.exists());
    }
}
