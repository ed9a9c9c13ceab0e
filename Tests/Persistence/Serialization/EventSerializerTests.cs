using System.Text;
using Iommu.Messages;
using Iommu.Persistence.Events;
using Iommu.Persistence.Serialization;

namespace Iommu.Tests.Persistence.Serialization;

public class EventSerializerTests
{
    private static readonly EventSerializer Serializer = new(null!);

    public static TheoryData<int> Samples => new(Enumerable.Range(0, EventSamples.All.Count));

    [Fact]
    public void Every_event_of_the_journal_has_a_sample() =>
        Assert.Equal(EventManifests.Types.Select(type => type.Name).Order(), EventSamples.All.Select(s => s.Event.GetType().Name).Order());

    [Fact]
    public void Every_version_of_every_event_is_frozen_and_has_a_sample()
    {
        // An event or a version without its line here could change unnoticed, and journals that hold it would be lost.
        Assert.Equal(EventManifests.All.Append(EventList.Manifest).Order(), FrozenEvents.Manifests.Order());
        Assert.Equal(EventManifests.All.Order(), EventSamples.All.Concat(EventSamples.Earlier).Select(sample => sample.Manifest).Order());
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void An_event_is_written_under_its_frozen_manifest_in_its_frozen_bytes(int index)
    {
        var (happened, manifest) = EventSamples.All[index];

        Assert.Equal(manifest, Serializer.Manifest(happened));
        Assert.Equal(FrozenEvents.Json(manifest), Encoding.UTF8.GetString(Serializer.ToBinary(happened)));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void The_frozen_bytes_read_as_the_event(int index)
    {
        var (happened, manifest) = EventSamples.All[index];

        var read = Serializer.FromBinary(FrozenEvents.Bytes(manifest), manifest);

        Assert.IsType(happened.GetType(), read);
        Assert.Equivalent(happened, read, strict: true);
    }

    [Fact]
    public void The_frozen_bytes_of_earlier_versions_read_as_the_event_of_today()
    {
        foreach (var (happened, manifest) in EventSamples.Earlier)
            Assert.Equivalent(happened, Serializer.FromBinary(FrozenEvents.Bytes(manifest), manifest), strict: true);
    }

    [Fact]
    public void A_snapshot_is_written_in_its_frozen_bytes_and_reads_as_the_same_events()
    {
        var list = new EventList([new IoasAllocated(new ObjectId(1), "s"), new ObjectDestroyed(new ObjectId(1))]);

        var bytes = Serializer.ToBinary(list);
        var read = Assert.IsType<EventList>(Serializer.FromBinary(FrozenEvents.Bytes(EventList.Manifest), EventList.Manifest));

        Assert.Equal("event-list.v1", Serializer.Manifest(list));
        Assert.Equal(FrozenEvents.Json(EventList.Manifest), Encoding.UTF8.GetString(bytes));
        Assert.Equal(list.Events, read.Events);
    }

    [Fact]
    public void The_number_of_the_serializer_is_frozen() => Assert.Equal(7301, Serializer.Identifier);

    [Theory]
    [InlineData("ioas-allocated.v2")]
    [InlineData("")]
    [InlineData("Iommu.Persistence.Events.IoasAllocated, Iommu.Persistence")]
    public void An_unknown_manifest_is_refused_by_name(string manifest)
    {
        var e = Assert.Throws<EventFormatException>(() => Serializer.FromBinary("{}"u8.ToArray(), manifest));

        Assert.Contains($"'{manifest}'", e.Message);
    }

    [Fact]
    public void An_unknown_manifest_within_a_snapshot_is_refused_by_name()
    {
        var snapshot = """[{"manifest":"hwpt-folded.v9","event":"{}"}]"""u8.ToArray();

        var e = Assert.Throws<EventFormatException>(() => Serializer.FromBinary(snapshot, EventList.Manifest));

        Assert.Contains("'hwpt-folded.v9'", e.Message);
    }

    [Theory]
    [InlineData("{\"id\":1,\"surprise\":2}")]
    [InlineData("{\"id\":1,\"id\":1}")]
    [InlineData("{\"id\":1}{}")]
    [InlineData("{\"id\":-1}")]
    [InlineData("{\"id\":4294967296}")]
    [InlineData("{\"id\":\"1\"}")]
    [InlineData("{\"id\":null}")]
    [InlineData("{\"id\":")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("null")]
    public void Bytes_that_are_not_what_the_manifest_says_are_refused(string json)
    {
        var e = Assert.Throws<EventFormatException>(
            () => Serializer.FromBinary(Encoding.UTF8.GetBytes(json), "object-destroyed.v1"));

        Assert.Contains("object-destroyed.v1", e.Message);
    }

    [Theory]
    [InlineData("context-opened.v1", "{\"name\":null}")]
    [InlineData("context-opened.v1", "{\"name\":\"\u00ff\"}")] // Of one byte, which is no UTF-8.
    [InlineData("viommu-allocated.v1", "{\"hwpt\":3,\"deviceName\":\"0000:00:05.0\",\"viommuType\":1,\"data\":\"&\",\"id\":4}")]
    [InlineData("iovas-allowed.v1", "{\"ranges\":[{\"start\":1}]}")]
    [InlineData("iovas-allowed.v1", "{\"ranges\":[{\"start\":1,\"last\":2,\"more\":3}]}")]
    public void Fields_that_are_not_what_the_event_says_are_refused(string manifest, string json)
    {
        var e = Assert.Throws<EventFormatException>(() => Serializer.FromBinary(Encoding.Latin1.GetBytes(json), manifest));

        Assert.Contains(manifest, e.Message);
    }

    [Theory]
    [InlineData("guest")]
    [InlineData("\"\\/<>&'+\t\n\u0000")]
    [InlineData("Gäste 客 \U0001F600")]
    public void A_name_comes_back_as_it_was(string name)
    {
        var happened = new ContextOpened(name);

        Assert.Equal(happened, Serializer.FromBinary(Serializer.ToBinary(happened), Serializer.Manifest(happened)));
    }

    [Fact]
    public void What_is_no_event_has_no_manifest() => Assert.Throws<ArgumentException>(() => Serializer.Manifest("text"));

    [Fact]
    public void The_streams_of_a_journal_have_frozen_names()
    {
        Assert.Equal("iommu/contexts", Iommu.Persistence.StreamNames.Directory);
        Assert.Equal("iommu/context/guest", Iommu.Persistence.StreamNames.Context("guest"));
        Assert.Equal("iommu/ioas/guest/3.17", Iommu.Persistence.StreamNames.Ioas("guest", new ObjectId(3), 17));
    }
}
