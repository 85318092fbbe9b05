"""Stage 6: judge. SQL files with data sheets become measurements with verdicts."""
