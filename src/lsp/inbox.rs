//! Messages that have come and wait to be heard.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};

use lsp_server::{Connection, Message};
use lsp_types::notification::{
    DidChangeTextDocument, DidCloseTextDocument, DidOpenTextDocument, Exit, Notification as _,
};

/// The messages of an editor in their order. Another thread takes them in, so that a change that waits is known at once.
pub struct Inbox {
    receiver: Receiver<Message>,
    next: Option<Message>,
    /// How many changes of texts wait.
    pub changes: Arc<AtomicUsize>,
}

impl Inbox {
    pub fn new(connection: &Connection) -> Inbox {
        let (sender, receiver) = channel();
        let changes: Arc<AtomicUsize> = Arc::default();
        let (incoming, waiting) = (connection.receiver.clone(), changes.clone());
        // It ends with the editor's last word.
        std::thread::spawn(move || {
            for message in incoming {
                if is_change(&message) {
                    waiting.fetch_add(1, Ordering::Relaxed);
                }
                let last = is_exit(&message);
                if sender.send(message).is_err() || last {
                    return;
                }
            }
        });
        Inbox { receiver, next: None, changes }
    }

    /// The next message, when it has come; none when there will be no more.
    pub fn take(&mut self) -> Option<Message> {
        let message = self.next.take().or_else(|| self.receiver.recv().ok())?;
        if is_change(&message) {
            self.changes.fetch_sub(1, Ordering::Relaxed);
        }
        Some(message)
    }

    /// Whether no message waits.
    pub fn is_empty(&mut self) -> bool {
        if self.next.is_none() {
            self.next = self.receiver.try_recv().ok();
        }
        self.next.is_none()
    }
}

fn is_change(message: &Message) -> bool {
    const CHANGES: [&str; 3] =
        [DidChangeTextDocument::METHOD, DidOpenTextDocument::METHOD, DidCloseTextDocument::METHOD];
    matches!(message, Message::Notification(heard) if CHANGES.contains(&&*heard.method))
}

pub fn is_exit(message: &Message) -> bool {
    matches!(message, Message::Notification(heard) if heard.method == Exit::METHOD)
}
