//! The networks of `examples/` by field (`tables`, `vision`, `text`, ..): each runs in a short form and reaches what it must, and the list
//! of their figures has all of them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::examples::Claim::{AtLeast, AtMost, Less, Prints, Writes};
use crate::examples::Run;

/// Folders of networks that are trained on real data.
const FIELDS: &[&str] = &["audio", "generative", "graph", "prob", "rl", "series", "tables", "text", "vision"];

/// One test for each: the program with the flags that make it short, and what it reaches all the same.
macro_rules! networks {
    ($($name:ident $command:literal: $($claim:expr),+;)*) => {$(
        #[test]
        fn $name() {
            let words: Vec<&str> = $command.split(' ').collect();
            let run = Run::of(words[0], &words[1..]);
            for claim in [$($claim),+] {
                run.keeps(&claim);
            }
        }
    )*};
}

networks! {
    spoken_digits "audio/spoken_digits.dln --epochs 2 --width 4": AtMost("val.loss", 2.6);
    letters "tables/letters.dln --epochs 3 --hidden 32": AtLeast("val.accuracy", 0.4);
    measurements "tables/measurements.dln --epochs 10": AtLeast("val.accuracy", 0.9);
    el_nino "series/el_nino.dln --epochs 2 --hidden 8": Less("val.error", "val.repeat_last"), Less("val.error", "val.last_year");
    emoji "vision/emoji.dln --epochs 1 --width 4": AtMost("val.loss", 2.15);
    reinforce "rl/reinforce.dln --epochs 2 --worlds 8": AtLeast("val.length", 60.0);
    ppo "rl/ppo.dln --epochs 2": AtLeast("val.length", 60.0);
    dqn "rl/dqn.dln --epochs 1 --pushes 150": AtLeast("val.length", 12.0);
    few_shot "tables/few_shot.dln --epochs 6": Less("val.nearest_neighbour", "val.accuracy");
    vowels "prob/vowels.dln --epochs 30": AtMost("train.nats", 3.1);
    digits_bayes "prob/digits_bayes.dln": AtLeast("val.multinomial", 0.88), AtLeast("val.gaussian", 0.88);
    denoise "prob/denoise.dln --rows 16 --sweeps 20": AtMost("train.icm", 0.05), AtMost("train.gibbs", 0.05), Writes("runs/denoise.png");
    nuclei "vision/nuclei.dln --epochs 2 --width 2": AtLeast("val.dice", 0.2), Writes("runs/nuclei.png");
    tagger "text/tagger.dln --rows 100 --epochs 3 --width 16": AtLeast("val.accuracy", 0.1);
    pronunciation "text/pronunciation.dln --epochs 2 --width 16 --beams 2": AtMost("train.loss", 3.5);
    shakespeare "text/shakespeare.dln --epochs 3 --width 32": AtMost("val.bits", 4.7);
    translation "text/translation.dln --epochs 6 --width 64 --lr 4e-3 --beams 2 --steps 12": Less("val.copied", "val.beams");
    sentiment "text/sentiment.dln --gap-epochs 1 --epochs 2 --width 32 --lr 2e-3": AtMost("train.loss", 4.4);
    mnist "vision/mnist.dln --share 0.5 --width 4 --epochs 1": AtMost("val.loss", 2.29);
    detector "vision/detector.dln --rows 40 --epochs 1": AtMost("train.loss", 250.0);
    simclr "vision/simclr.dln --epochs 1 --batch-rows 20 --rows 100": AtLeast("val.accuracy", 0.2);
    byol "vision/byol.dln --epochs 1 --batch-rows 20 --rows 100": AtLeast("val.accuracy", 0.2);
    transfer "vision/transfer.dln --epochs 1 --new-epochs 2 --width 8 --few 64": AtMost("train.loss", 1.5);
    topics "prob/topics.dln --share 0.05 --topics 6 --epochs 5": Less("train.largest_kind", "train.purity");
    sprinkler "prob/sprinkler.dln": Prints("rain 0.70");
    cvae_digits "generative/cvae_digits.dln --epochs 3 --hidden 32": AtMost("val.loss", 300.0), Writes("runs/cvae_digits.png");
    guided_digits "generative/guided_digits.dln --epochs 4 --width 8 --times 20": AtMost("val.loss", 0.95), Writes("runs/guided_digits.png");
    guided_mnist "generative/guided_mnist.dln --share 0.1 --epochs 2 --reader-epochs 1 --width 8 --times 5 --shown 10":
        AtMost("val.loss", 1.1), Writes("runs/guided_mnist.png");
    gan_mnist "generative/gan_mnist.dln --share 0.1 --epochs 10 --reader-epochs 4 --width 8 --lr 3e-3":
        AtLeast("val.as_asked", 0.3), AtLeast("val.variety", 0.005), Writes("runs/gan_mnist.png");
    mae "vision/mae.dln --rows 256 --epochs 3 --probe-epochs 4 --width 32 --depth 1 --P 7 --seen 4": Less("val.random", "val.accuracy");
    wordnet "graph/wordnet.dln --epochs 5 --hidden 8": AtMost("train.loss", 3.5);
}

/// Every network says how it is run and what was seen, is short, and stands in the list of figures.
#[test]
fn the_list_of_figures_has_every_network() {
    let root = crate::root();
    let list = fs::read_to_string(root.join("docs/examples.md")).expect("a list");
    for field in FIELDS {
        for entry in fs::read_dir(root.join("examples").join(field)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|e| e == "dln") {
                let name = format!("{field}/{}", path.file_name().expect("a name").to_string_lossy());
                let text = fs::read_to_string(&path).expect("a text");
                assert!(text.lines().count() < 120, "{name} is long");
                assert!(text.contains(&format!("# Run: dln run examples/{name}")), "{name} says how it is run");
                assert!(text.contains("# Seen: "), "{name} says what was seen");
                assert!(list.contains(&name), "{name} is in the list");
            }
        }
    }
}

/// What the programs promise in `test` blocks that need no training.
#[test]
fn networks_keep_their_promises() {
    let examples = crate::root().join("examples");
    for field in FIELDS.iter().filter(|field| **field != "tables") {
        let output = Command::new(env!("CARGO_BIN_EXE_dln")).arg("test").arg(Path::new(&examples).join(field)).output();
        let output = output.expect("the binary runs");
        assert!(output.status.success(), "{field}: {}", String::from_utf8_lossy(&output.stdout));
    }
}
