//! What the fuzzers of queries and searches begin with, and what they found, replayed.

mod corpus;
