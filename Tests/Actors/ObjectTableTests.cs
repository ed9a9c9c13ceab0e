using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;

namespace Iommu.Tests.Actors;

public class ObjectTableTests
{
    private const uint Objects = 300_000;

    /// <summary>
    /// An attach to a domain of an IOAS's own making met the end of the attach that it was made for, and found no entry. One thread shows
    /// objects while another looks for the latest; neither waits for the other, so that one processor is enough to run it.
    /// </summary>
    [Fact]
    public void An_object_finds_itself_while_it_is_being_shown()
    {
        var table = new ObjectTable();
        var (latest, missed) = (0u, 0);
        var looking = new Thread(() =>
        {
            for (uint id; (id = Volatile.Read(ref latest)) < Objects;)
                if (id != 0 && !Finds(table, new ObjectId(id))) missed++;
        });
        looking.Start();
        for (var id = 1u; id <= Objects; id++)
        {
            table.Prepare(new ObjectEntry(new ObjectId(id), ObjectType.HwptPaging, ActorRefs.Nobody, new object()));
            Volatile.Write(ref latest, id);
            table.Show(new ObjectId(id));
        }
        looking.Join();
        Assert.Equal(0, missed);
    }

    private static bool Finds(ObjectTable table, ObjectId id)
    {
        try
        {
            return table.FindOwn(id).Id == id;
        }
        catch (Exception)
        {
            return false;
        }
    }
}
