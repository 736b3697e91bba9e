"""A made scene whose landslides are known to the pixel; `scene` is the way in."""
