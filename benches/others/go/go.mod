module filch/benches/others

go 1.19
