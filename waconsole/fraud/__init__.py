"""What looks wrong with invites, why, and what operators decide about it."""
