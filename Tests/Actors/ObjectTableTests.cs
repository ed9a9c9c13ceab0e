using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;

namespace Iommu.Tests.Actors;

public class ObjectTableTests
{
    private const uint Objects = 50_000;

    /// <summary>An attach to a domain of an IOAS's own making met the end of the attach that it was made for, and found no entry.</summary>
    [Fact]
    public void An_object_finds_itself_while_it_is_being_shown()
    {
        var table = new ObjectTable();
        var (current, looked, missed) = (0u, 0u, 0);
        var looking = new Thread(() =>
        {
            for (uint id; (id = Volatile.Read(ref current)) <= Objects; Volatile.Write(ref looked, id))
                if (id != 0 && !Finds(id)) missed++;
        });
        looking.Start();
        for (var id = 1u; id <= Objects; id++)
        {
            table.Prepare(new ObjectEntry(new ObjectId(id), ObjectType.HwptPaging, ActorRefs.Nobody, new object()));
            Volatile.Write(ref current, id);
            SpinWait.SpinUntil(() => Volatile.Read(ref looked) == id);
            table.Show(new ObjectId(id));
        }
        Volatile.Write(ref current, Objects + 1);
        looking.Join();
        Assert.Equal(0, missed);

        bool Finds(uint id)
        {
            try
            {
                return table.FindOwn(new ObjectId(id)).Id.Value == id;
            }
            catch (Exception)
            {
                return false;
            }
        }
    }
}
