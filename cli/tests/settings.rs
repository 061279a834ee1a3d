//! Flags beat the environment, the environment beats the file; what is wrong is named with its source.

mod common;

use common::{Home, text};

/// A port nobody listens on: the error shows which URL was chosen.
fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

#[test]
fn the_rpc_url_is_taken_from_flag_then_environment_then_file() {
    let home = Home::new();
    let config = home.write("c.toml", format!("rpc_url = \"{}\"", url(3)));
    let base = ["chain", "deploy", "--config", text(&config)];

    home.run(base).fails(1, &url(3));
    home.run_env(&[("NONOS_RPC_URL", &url(2))], base).fails(1, &url(2));
    let flag = url(1);
    let with_flag = base.into_iter().chain(["--rpc-url", flag.as_str()]);
    home.run_env(&[("NONOS_RPC_URL", &url(2))], with_flag).fails(1, &url(1));
}

#[test]
fn the_configuration_file_itself_is_found_by_flag_environment_and_in_the_data_folder() {
    let home = Home::new();
    let a = home.write("a.toml", format!("rpc_url = \"{}\"", url(4)));
    let b = home.write("b.toml", format!("rpc_url = \"{}\"", url(5)));
    std::fs::create_dir(home.path(".nonos")).unwrap();
    home.write(".nonos/nonos.toml", format!("rpc_url = \"{}\"", url(6)));

    home.run(["chain", "deploy"]).fails(1, &url(6));
    home.run_env(&[("NONOS_CONFIG", text(&b))], ["chain", "deploy"]).fails(1, &url(5));
    home.run_env(&[("NONOS_CONFIG", text(&b))], ["chain", "deploy", "--config", text(&a)]).fails(1, &url(4));
}

#[test]
fn a_wrong_configuration_exits_with_2() {
    let home = Home::new();
    home.run(["keys", "show", "--config", "nowhere.toml"]).fails(2, "nowhere.toml");
    let broken = home.write("broken.toml", "datadir = [");
    home.run(["keys", "show", "--config", text(&broken)]).fails(2, "broken.toml is wrong");
    let unknown = home.write("unknown.toml", "rpcurl = \"http://x\"");
    home.run(["keys", "show", "--config", text(&unknown)]).fails(2, "unknown field `rpcurl`");
    home.run(["keys", "show", "--rpc-url", "ws://x"]).fails(2, "--rpc-url: `ws://x` has the scheme `ws`");
    home.run_env(&[("NONOS_ACCOUNT_KEY", "12")], ["keys", "show"]).fails(2, "expected 64 hex digits");
}

#[test]
fn an_error_is_also_an_object_for_machines() {
    let run = Home::new().run(["chain", "deploy", "--json"]).fails(1, "this needs a chain");
    assert!(run.json()["error"]["message"].as_str().unwrap().contains("--rpc-url URL"));
}
