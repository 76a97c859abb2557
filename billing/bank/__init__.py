"""Bank statements: reading any bank's file, knowing whose each deposit is, booking each once."""
