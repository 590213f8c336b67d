import time, collections, tests.integration.test_zmachine as m
T=collections.defaultdict(lambda:[0,0.0])
def wrap(cls,name):
    f=getattr(cls,name)
    def g(self,*a,**k):
        t=time.perf_counter()
        try: return f(self,*a,**k)
        finally:
            key=name+(":"+str(a[0])+(":crash" if len(a)>2 and a[2] is not None else "") if name=="press" else "")
            T[key][0]+=1; T[key][1]+=time.perf_counter()-t
    setattr(cls,name,g)
for n in ["press","crash","step_the_clock","found","teardown"]: wrap(m.SmallOffice,n)
import atexit
def out():
    for k,v in sorted(T.items(),key=lambda x:-x[1][1]): print(k,v[0],round(v[1],2),round(v[1]/v[0]*1000,1),"ms")
import pathlib
def test_it(tmp_path):
    t=time.perf_counter()
    m.test_scripts_do_what_the_rules_say_whatever_people_do(tmp_path, lambda n: 300)
    print("total",time.perf_counter()-t); out()
