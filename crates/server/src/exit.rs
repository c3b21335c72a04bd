//! How the program ends: one sentence on standard error, and an exit code that scripts can tell
//! apart.

use std::process::ExitCode;

/// Why the program ends early. The number is the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Anything without a code of its own.
    Other = 1,
    /// The command line, the environment or the configuration file is wrong.
    Configuration = 2,
    /// A port is taken or may not be bound.
    Port = 3,
    /// The data folder or the database cannot be used.
    Data = 4,
}

/// An error with the exit code it ends in.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The code.
    pub failure: Failure,
    /// The sentence.
    pub error: anyhow::Error,
}

impl<E: Into<anyhow::Error>> From<E> for Ended {
    fn from(error: E) -> Self {
        Self {
            failure: Failure::Other,
            error: error.into(),
        }
    }
}

/// What each verb of the command line gives back.
pub(crate) type Outcome = Result<(), Ended>;

/// Puts an exit code on an error.
pub(crate) trait OrEnd<T> {
    /// The value, or the end of the program with this code.
    fn or_end(self, failure: Failure) -> Result<T, Ended>;
}

impl<T, E: Into<anyhow::Error>> OrEnd<T> for Result<T, E> {
    fn or_end(self, failure: Failure) -> Result<T, Ended> {
        self.map_err(|error| Ended {
            failure,
            error: error.into(),
        })
    }
}

/// Prints the sentence of a failure and gives its code.
pub(crate) fn code(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(ended) => {
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "offhook: {:#}", ended.error);
            ExitCode::from(ended.failure as u8)
        }
    }
}
