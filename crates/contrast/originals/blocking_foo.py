# After the article's program; SCALE shortens its waits.
import os
from time import sleep

SCALE = float(os.environ.get("SCALE", "1"))

def foo():
    print("in foo")
    sleep(10 * SCALE)
    print("end foo")

foo()
print("Termination of the program")
