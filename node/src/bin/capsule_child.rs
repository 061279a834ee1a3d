//! A program that is nothing but the sandbox child: what this crate's tests run capsules in.

fn main() {
    nonos_node::capsule_runtime::maybe_child();
    eprintln!("this program is started by the capsule runtime, not by people");
    std::process::exit(2);
}
