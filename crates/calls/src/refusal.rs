//! Why a command of a page is not carried out, in words for the agent.

use crate::limits;

/// A refusal. Its text is shown to the agent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("The command has no id or one that is too long. Reload the page.")]
    CommandId,
    #[error("The call is over.")]
    CallOver,
    #[error("The call was answered by {0}.")]
    AnsweredBy(String),
    #[error("You answered this call in another tab.")]
    AnsweredElsewhere,
    #[error("The call does not ring here any more.")]
    NotRingingHere,
    #[error("This is not your call.")]
    NotYours,
    #[error("This works only during a call. The other side has not answered yet.")]
    NotTalking,
    #[error("The call is on hold. Resume it first.")]
    Held,
    #[error("Use 1 to {} of the keys 0-9, * and #.", limits::DIGIT_COUNT_MAX)]
    Digits,
    #[error("You are in a call. Finish it first.")]
    InCall,
    #[error("A call is ringing. Answer or decline it first.")]
    CallRings,
    #[error("Finish the wrap-up of your last call first.")]
    InWrapUp,
    #[error("No trunk for outbound calls is set up. Ask your administrator to choose one.")]
    NoTrunk,
    #[error("'{0}' is not a number that can be dialled.")]
    NotDialable(String),
    #[error("All lines are busy. Try again in a moment.")]
    AllLinesBusy,
    #[error("The server is shutting down. Try again in a moment.")]
    ShuttingDown,
    #[error("Another tab has popped the record, or it popped before.")]
    PopTaken,
    #[error("The record's id, object or name is too long.")]
    Record,
    #[error("The outcome is longer than {} characters.", limits::OUTCOME_CHARS_MAX)]
    Outcome,
    #[error("The notes are longer than {} characters.", limits::NOTES_CHARS_MAX)]
    Notes,
    #[error("The call is not over yet. Hang up first.")]
    NotOver,
}
