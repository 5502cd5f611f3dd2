//! What begins with a colon.

use crate::base::Name;

use super::doc;
use super::kept::{Kept, dependents};
use super::session::Session;
use super::settings::unknown;
use super::world::{Flow, Stop, World};

/// A command: its name, what it takes, what it does.
pub struct Command {
    pub name: &'static str,
    pub takes: &'static str,
    pub about: &'static str,
    run: fn(&mut Session, &str, &mut World) -> Result<(), Stop>,
}

const fn command(
    name: &'static str,
    takes: &'static str,
    about: &'static str,
    run: fn(&mut Session, &str, &mut World) -> Result<(), Stop>,
) -> Command {
    Command { name, takes, about, run }
}

/// All of them, but `:quit`.
pub const COMMANDS: [Command; 19] = [
    command("type", "EXPR", "the type of a value, which is not computed", |s, text, w| s.tell_type(text, w)),
    command("shape", "EXPR", "the shapes of its tensors", |s, text, w| s.tell_shape(text, w)),
    command("why", "EXPR", "where each size of a tensor comes from", |s, text, w| s.why(text, w)),
    command("show", "EXPR", "a drawing: `[n]` a curve, `[h, w]` or `[3, h, w]` a picture", |s, text, w| {
        s.draw(text, w)
    }),
    command("grad", "EXPR", "a number, and its derivatives in all weights that it reads", |s, text, w| {
        s.tell_gradient(text, w)
    }),
    command("graph", "EXPR", "the operations that compute it", |s, text, w| s.tell_graph(text, w)),
    command("plan", "EXPR", "the steps that run, and where their operands lie", |s, text, w| s.tell_plan(text, w)),
    command(
        "summary",
        "[EXPR]",
        "the layers that it calls, or those of the trainings, with their costs",
        |s, text, w| s.tell_summary(text, w),
    ),
    command("time", "EXPR", "how long it takes", |s, text, w| s.time(text, w)),
    command("run", "[NAME]", "run the trainings and calls of the session, or one training", |s, text, w| {
        s.run_named(text, w)
    }),
    command("test", "[NAME]", "run the tests of the session", |s, text, w| s.test_named(text, w)),
    command("load", "FILE", "take over the declarations of a file, or weights (.safetensors)", |s, text, w| {
        s.load(text, w)
    }),
    command("reload", "", "read that file again; weights that still fit stay", |s, _, w| s.reload(w)),
    command("save", "FILE", "write the session as a program (.dln), or its weights (.safetensors)", |s, text, w| {
        s.save(text, w)
    }),
    command("list", "", "what has been declared", list),
    command("forget", "NAME", "take a declaration back", forget),
    command("reset", "[NAME]", "begin with first values again: all weights, or those of a name", reset),
    command("set", "[NAME VALUE]", "seed, epochs, float, threads, matmul, or a `hyper`", set),
    command("help", "[NAME]", "this list, or what is known of a name; `NAME?` is the same", help),
];

/// Does what a line behind the colon says.
pub fn run(session: &mut Session, line: &str, world: &mut World) -> Flow {
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    if matches!(name, "quit" | "q" | "exit") {
        return Flow::Quit;
    }
    let rest = rest.trim();
    match found(name) {
        Ok(command) if rest.is_empty() && !command.takes.is_empty() && !command.takes.starts_with('[') => {
            world.say(format!("`:{}` takes {}: {}", command.name, command.takes, command.about));
        }
        // What was wrong has been told.
        Ok(command) => (command.run)(session, rest, world).unwrap_or(()),
        Err(message) => world.say(message),
    }
    Flow::GoOn
}

/// The command that a word means: its name, or a beginning that only one has.
fn found(name: &str) -> Result<&'static Command, String> {
    if let Some(command) = COMMANDS.iter().find(|command| command.name == name) {
        return Ok(command);
    }
    let begun: Vec<&Command> =
        COMMANDS.iter().filter(|command| !name.is_empty() && command.name.starts_with(name)).collect();
    match &begun[..] {
        [one] => Ok(one),
        [] => {
            let near = crate::diag::nearest(name, COMMANDS.iter().map(|command| command.name));
            let near = near
                .map_or_else(|| "`:help` lists the commands".to_string(), |near| format!("did you mean `:{near}`?"));
            Err(format!("there is no command `:{name}`: {near}"))
        }
        several => {
            let names: Vec<String> = several.iter().map(|command| format!(":{}", command.name)).collect();
            Err(format!("`:{name}` could be {}", names.join(", ")))
        }
    }
}

fn help(session: &mut Session, name: &str, world: &mut World) -> Result<(), Stop> {
    if !name.is_empty() {
        let (is_command, word) = (name.starts_with(':'), name.trim_start_matches(':'));
        // A name goes before a command of that name.
        if !is_command && doc::lines(session, name).is_some() {
            doc::tell(session, name, world);
            return Ok(());
        }
        match found(word) {
            Ok(command) if is_command || command.name == word => {
                world.say(format!(":{} {}  {}", command.name, command.takes, command.about))
            }
            Err(message) if is_command => world.say(message),
            _ => doc::tell(session, name, world),
        }
        return Ok(());
    }
    world.say("Declarations are kept, expressions are shown, `x = ..` is `let x = ..`, `train { .. }` runs at once.");
    for command in &COMMANDS {
        let head = format!(":{} {}", command.name, command.takes);
        world.say(format!("  {head:20}{}", command.about));
    }
    world.say("  :quit               or Ctrl-D; Ctrl-C ends what runs");
    Ok(())
}

fn list(session: &mut Session, _: &str, world: &mut World) -> Result<(), Stop> {
    for kept in &session.kept {
        let text = session.sources.text(kept.item.span);
        let first = text.lines().next().unwrap_or("");
        let more = if text.lines().count() > 1 { " .." } else { "" };
        let aside = if kept.aside { "  (set aside)" } else { "" };
        world.say(format!(
            "{:9} {first}{more}{aside}",
            session.sources.get(kept.item.span.file).map_or("", |source| &source.name)
        ));
    }
    Ok(())
}

fn forget(session: &mut Session, name: &str, world: &mut World) -> Result<(), Stop> {
    let names: Vec<Name> = vec![name.into(), format!("train {name}").into()];
    let before = session.kept.len();
    session.kept.retain_mut(|kept: &mut Kept| kept.without(&names));
    if session.kept.len() == before {
        world.say(format!("nothing is called `{name}`"));
        return Err(Stop);
    }
    session.memory.forget(name);
    session.rest(world)
}

fn reset(session: &mut Session, name: &str, world: &mut World) -> Result<(), Stop> {
    match name.is_empty() {
        true => session.memory = Default::default(),
        false => session.memory.forget(name),
    }
    session.rest(world)
}

fn set(session: &mut Session, text: &str, world: &mut World) -> Result<(), Stop> {
    match text.split_once(char::is_whitespace) {
        None => {
            let lines = session.settings.lines(&session.kept, &session.sources);
            let mut asked = lines.into_iter().filter(|(name, _)| text.is_empty() || **name == *text).peekable();
            if asked.peek().is_none() {
                world.say(unknown(text, &session.kept));
                return Err(Stop);
            }
            asked.for_each(|(_, line)| world.say(line));
        }
        Some((name, value)) => {
            let mut settings = session.settings.clone();
            settings.set(name, value.trim(), &session.kept).map_err(|message| {
                world.say(message);
                Stop
            })?;
            let before = std::mem::replace(&mut session.settings, settings);
            if let Err(message) = session.takes_setting(name) {
                session.settings = before;
                world.say(message);
                return Err(Stop);
            }
            let outdated = dependents(&session.kept, &[name.into()], &session.sources);
            session.memory.outdate(&outdated);
            return session.rest(world).inspect_err(|_| session.settings = before);
        }
    }
    Ok(())
}

/// `1 declaration`, `3 declarations`
pub fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// A line for a table of types.
pub fn aligned(rows: &[(String, String)]) -> Vec<String> {
    let width = rows.iter().map(|(left, _)| left.chars().count()).max().unwrap_or(0);
    rows.iter().map(|(left, right)| format!("  {left:width$}  {right}").trim_end().to_string()).collect()
}
