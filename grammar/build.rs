//! Generates the parser from `grammar/dln.lalrpop`.
fn main() {
    println!("cargo:rerun-if-changed=grammar/dln.lalrpop");
    lalrpop::Configuration::new()
        .set_in_dir("grammar")
        .set_out_dir(std::env::var("OUT_DIR").expect("cargo sets OUT_DIR"))
        .process()
        .expect("the grammar is LR(1)");
}
