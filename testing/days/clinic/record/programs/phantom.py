"""phantom.py DUMP RAW: an ultrasound picture of a test phantom, as text for dump2dcm. No person, no number of one."""

import sys

SIZE = 256
with open(sys.argv[2], "wb") as file:
    file.write(bytes(min(255, abs(x - y)) for y in range(SIZE) for x in range(SIZE)))
with open(sys.argv[1], "w") as file:
    file.write(f"""# Dicom-Data-Set
(0008,0016) UI =UltrasoundImageStorage
(0008,0018) UI [1.2.276.0.7230010.3.1.4.1.1]
(0008,0060) CS [US]
(0008,0070) LO [Phantom Works]
(0010,0010) PN [PHANTOM^TEST]
(0010,0020) LO [PHANTOM-01]
(0020,000d) UI [1.2.276.0.7230010.3.1.2.1.1]
(0020,000e) UI [1.2.276.0.7230010.3.1.3.1.1]
(0020,0013) IS [1]
(0028,0002) US 1
(0028,0004) CS [MONOCHROME2]
(0028,0010) US {SIZE}
(0028,0011) US {SIZE}
(0028,0100) US 8
(0028,0101) US 8
(0028,0102) US 7
(0028,0103) US 0
(7fe0,0010) OB ={sys.argv[2]}
""")
