//! Commands that write programs, projects, and what shells need.

use crate::desk::{Desk, Ended};
use std::fs;
use std::io::Write;
use std::process::Stdio;

const ODD: &str = "let a=1\n\n\nlet b =[1,2 ]  # two\n";
const EVEN: &str = "let a = 1\n\nlet b = [1, 2]  # two\n";

#[test]
fn files_and_folders_are_formatted() {
    let desk = Desk::new(&[("a.dln", ODD), ("b.dln", EVEN), ("c.txt", ODD), ("broken.dln", "let a = (1\n")]);
    fs::create_dir(desk.path().join("deep")).expect("a folder");
    desk.write("deep/d.dln", ODD.replace('\n', "\r\n").as_bytes());
    let ended = desk.dln("fmt").ends(1);
    assert!(ended.err.contains("error[E0110]") && ended.err.contains("broken.dln:1:"), "{}", ended.err);
    assert_eq!(ended.out, "./a.dln\n./deep/d.dln\n2 files changed, 1 unchanged\n");
    assert_eq!(desk.read("a.dln"), EVEN.as_bytes());
    assert_eq!(desk.read("deep/d.dln"), EVEN.replace('\n', "\r\n").as_bytes());
    assert_eq!((desk.read("c.txt"), desk.read("broken.dln")), (ODD.into(), b"let a = (1\n".to_vec()));
    assert_eq!(desk.dln("fmt a.dln deep").ends(0).out, "0 files changed, 2 unchanged\n");
    let names = fs::read_dir(desk.path()).expect("a folder").count();
    assert_eq!(names, 5, "nothing is left behind");
    assert!(desk.dln("fmt nowhere.dln").ends(2).err.contains("`nowhere.dln` cannot be read"));
}

#[test]
fn a_check_shows_where_it_begins_and_changes_nothing() {
    let desk = Desk::new(&[("a.dln", ODD), ("b.dln", EVEN)]);
    let ended = desk.dln("fmt --check").ends(1);
    let lines = "./a.dln:1\n- let a=1\n- \n- \n- let b =[1,2 ]  # two\n+ let a = 1\n+ \n+ let b = [1, 2]  # two\n";
    assert_eq!(ended.out, format!("{lines}1 file would change, 1 unchanged\n"));
    assert_eq!(desk.read("a.dln"), ODD.as_bytes());
    desk.dln("fmt --check b.dln").ends(0);
}

#[cfg(unix)]
#[test]
fn a_file_keeps_its_permissions_and_its_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let desk = Desk::new(&[("a.dln", ODD)]);
    let path = desk.path().join("a.dln");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("permissions");
    symlink("a.dln", desk.path().join("link.dln")).expect("a link");
    desk.dln("fmt link.dln").ends(0);
    assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(desk.path().join("link.dln")).expect("a link").is_symlink());
    assert_eq!(desk.read("a.dln"), EVEN.as_bytes());
}

#[test]
fn the_standard_input_goes_to_the_standard_output() {
    let desk = Desk::new(&[]);
    let given = |line: &str, text: &str| {
        let streams = |command: &mut std::process::Command| {
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("dln starts")
        };
        let mut child = streams(&mut desk.command(line));
        child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("dln reads");
        Ended::from(child.wait_with_output().expect("dln ends"))
    };
    assert_eq!(given("fmt --stdin", ODD).ends(0).out, EVEN);
    assert_eq!(given("fmt --stdin", "# \u{7}\u{4e2d}\r\n").ends(0).out, "# \u{7}\u{4e2d}\r\n");
    let broken = given("fmt --stdin", "let a = (1\n").ends(1);
    assert!(broken.out.is_empty() && broken.err.contains("<stdin>:1:"), "{}", broken.err);
    given("fmt --stdin --check", EVEN).ends(0);
    assert!(given("fmt --stdin --check", ODD).ends(1).out.starts_with("<stdin>:1\n"));
}

#[test]
fn a_new_project_trains_at_once() {
    let desk = Desk::new(&[]);
    let made = desk.dln("new reader").ends(0).out;
    assert_eq!(made, "made reader; try: dln run reader/main.dln\n");
    let run = desk.dln("run reader/main.dln --epochs 2").ends(0).out;
    assert!(run.contains("2 epochs"), "{run}");
    assert!(desk.path().join("reader/runs/best").is_dir());
    desk.dln("test reader").ends(0);
    desk.dln("fmt --check reader").ends(0);
    assert!(String::from_utf8(desk.read("reader/README.md")).expect("text").starts_with("# reader\n"));
    assert_eq!(desk.read("reader/.gitignore"), b"runs/\n");
    assert!(desk.dln("new reader").ends(2).err.contains("`reader` is there already"));
    assert!(desk.dln("new ..").ends(2).err.contains("no name for a folder"));
}

/// A project's programs may lie in its folders; what is above them is theirs too, and a run and the pages have copies of it.
#[test]
fn a_program_in_a_folder_uses_what_lies_above_it() {
    let desk = Desk::new(&[("main.dln", "let a = 1\n"), ("blocks.dln", "let width = 4\n")]);
    fs::create_dir_all(desk.path().join("parts/deep")).expect("folders");
    desk.write("parts/sizes.dln", b"use \"../blocks.dln\": width\nlet wide = 2 * width\n");
    let program = "use \"../sizes.dln\": wide\nuse \"../../blocks.dln\" as b\ntest \"both\" { assert wide == 2 * b.width }\n\
        print(\"{wide}\")\n";
    desk.write("parts/deep/x.dln", program.as_bytes());
    desk.dln("test parts/deep/x.dln").ends(0);
    desk.dln("run parts/deep/x.dln").ends(0);
    desk.dln("doc parts/deep/x.dln -o pages").ends(0);
    for page in ["blocks", "parts/sizes", "parts/deep/x"] {
        assert!(desk.path().join(format!("pages/project/{page}.html")).exists(), "{page}");
    }
    desk.write("parts/out.dln", b"use \"../../blocks.dln\": width\n");
    assert!(desk.dln("check parts/out.dln").ends(1).err.contains("E0205"));
    // A circle is one by whatever name the program is called.
    desk.write("parts/one.dln", b"use \"../two.dln\": q\nlet p = 1\n");
    desk.write("two.dln", b"use \"parts/one.dln\": p\nlet q = p\n");
    assert!(desk.dln("check parts/one.dln").ends(1).err.contains("E0204"));
}

#[test]
fn shells_and_manuals_know_every_command() {
    let desk = Desk::new(&[]);
    let commands = ["run", "runs", "check", "test", "fmt", "new", "sweep", "explain", "completions", "man"];
    let page = desk.dln("man").ends(0).out;
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = desk.dln(&format!("completions {shell}")).ends(0).out;
        assert!(commands.iter().all(|command| text.contains(command)), "{shell}");
    }
    assert!(commands.iter().all(|command| page.contains(&format!("dln\\-{command}"))), "{page}");
    let run = desk.dln("man run").ends(0).out;
    assert!(run.contains(".TH") && run.contains("\\-\\-epochs"), "{run}");
    desk.dln("man nothing").ends(2);
    desk.dln("completions nothing").ends(2);
}
