//! Keys, generated contract and figures through the command line.

mod common;

use common::{Home, text};

#[test]
fn the_keys_are_the_pinned_ones_and_the_contract_is_the_checked_in_one() {
    let home = Home::new();
    let keys = home.run(["circuit", "keys", "--json"]).success().json();
    assert_eq!((&keys["pinned"], &keys["developer"]), (&true.into(), &true.into()));
    let other = home.run(["circuit", "keys", "enrolment", "--json"]).success().json();
    assert_eq!((&other["pinned"], &other["instances"]), (&true.into(), &6.into()));
    assert_ne!(other["verifier_key"], keys["verifier_key"]);
    let install = home.run(["circuit", "keys", "install", "--json"]).success().json();
    assert_eq!((&install["pinned"], &install["instances"]), (&true.into(), &5.into()));
    let check = home.run(["circuit", "check", "--json"]).success().json();
    assert_eq!(check["circuits"]["launch"]["verifier_key"], keys["verifier_key"]);
    assert_eq!(check["circuits"]["enrolment"]["verifier_key"], other["verifier_key"]);
    assert_eq!(check["circuits"]["install"]["verifier_key"], install["verifier_key"]);
    let one = home.run(["circuit", "check", "launch", "--json"]).success().json();
    assert_eq!(one["circuits"].as_object().unwrap().len(), 1);

    let generated = concat!(env!("CARGO_MANIFEST_DIR"), "/../contracts/src/verifier/generated");
    let contracts = [
        ("launch", "LaunchHalo2Verifier"),
        ("enrolment", "EnrolmentHalo2Verifier"),
        ("install", "InstallHalo2Verifier"),
    ];
    for (circuit, contract) in contracts {
        let out = home.path("V.sol");
        home.run(["circuit", "gen-solidity", circuit, "--out", text(&out)]).success();
        let checked_in = std::fs::read_to_string(format!("{generated}/{contract}.sol")).unwrap();
        assert_eq!(std::fs::read_to_string(out).unwrap(), checked_in);
    }
    home.run(["circuit", "keys", "link"]).fails(2, "[possible values: launch, enrolment, install]");
}

#[test]
fn a_ceremony_file_that_is_none_is_refused() {
    let home = Home::new();
    let noise = home.write("noise.ptau", [7; 100]);
    home.run(["circuit", "keys", "--srs", text(&noise)]).fails(1, "not a powers-of-tau file");
    home.run(["circuit", "keys", "--srs", "nowhere.ptau"])
        .fails(1, "cannot open the ceremony file nowhere.ptau");
}

#[test]
fn the_benchmark_reports_what_it_is_asked_for_with_budget_and_count() {
    let home = Home::new();
    let names = "launch_proof_bytes,launch_verify_gas,launch_verifier_code_bytes";
    let report = home.run(["bench", "--json", "--runs", "1", "--only", names]).success().json();
    let results = report["results"].as_object().unwrap();
    assert_eq!(results.len(), 3);
    for (name, figure) in results {
        for key in ["value", "budget", "n"] {
            assert!(figure[key].is_number(), "{name}: {figure}");
        }
        assert!(figure["value"].as_f64() <= figure["budget"].as_f64(), "{name} is over budget: {figure}");
    }
    assert!(report["machine"]["cores"].is_number());
    home.run(["bench", "--only", "speed_of_light"]).fails(2, "launch_prove_cpu_s");
}
