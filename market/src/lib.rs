//! Market agents: requester, operator, challenger.
