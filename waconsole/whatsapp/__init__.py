"""WhatsApp: the drivers' capability matrix. Never the database."""
