"""How long each class of data is kept, the job that erases what is due, and the proof that it is gone."""
