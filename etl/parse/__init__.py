"""From blocks of bytes to Arrow: one generic kernel walks field programs."""
